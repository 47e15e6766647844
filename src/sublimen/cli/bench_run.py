"""The command `sublimen bench run`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from sublimen.cli.numbers import Whole
from sublimen.cli.output import people


def run(
    plan: str,
    *,
    output: Annotated[Path, Parameter(alias="-o")],
    small: bool = False,
    workers: Whole | None = None,
    data: Path | None = None,
) -> None:
    """Run a plan: attack its images with all its arms, and measure the files.

    A killed run goes on where it stopped, with the same rows. Writes outcomes.csv, qualities.csv,
    costs.csv, run.json and the files themselves; `sublimen bench tables` makes tables of them.

    Args:
        plan: A packaged plan, such as table1 or imagenet, or the path of a plan in TOML.
        output: Folder of the run.
        small: Run the plan's small version, of a few minutes.
        workers: Processes at a time, at least 1; one for each core if not given.
        data: Folder with the evaluation photos; else SUBLIMEN_DATA, else ../shared/data.
    """
    from sublimen.bench import run as running
    from sublimen.bench.plan_file import read

    console = people()
    found = running.run(
        read(plan, small=small),
        output,
        data=data,
        workers=workers,
        watch=lambda what: console.print(f"  {what}"),
    )
    console.print(f"{len(found.outcomes)} outcomes written to {output}")
