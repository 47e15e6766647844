"""The command `sublimen bench frontier`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from sublimen.cli.output import people


def frontier(
    plan: str = "frontier",
    *,
    output: Annotated[Path, Parameter(alias="-o")],
    data: Path | None = None,
) -> None:
    """Say how often recognisers still match protected photos, over visibility.

    Ours and others' attacks at equal visibility, before recognisers that gave gradients and those
    that did not, after what uploads do. A killed run goes on where it stopped. Writes
    frontier.csv, run.json, frontier.md and a figure.

    Args:
        plan: A packaged plan, frontier or frontier_small, or the path of a plan in TOML.
        output: Folder of the run.
        data: Folder with the evaluation photos, faces/lfw; else SUBLIMEN_DATA, else
            ../shared/data.
    """
    from sublimen.bench.frontier_plan import read
    from sublimen.bench.frontier_results import write
    from sublimen.bench.frontier_study import run
    from sublimen.bench.places import evaluation_data

    console = people()
    wanted = read(plan)
    run(
        wanted,
        output,
        data=data or evaluation_data(),
        watch=lambda what: console.print(f"  {what}", soft_wrap=True, markup=False),
    )
    write(output)
    console.print(f"written to {output}")
