"""The command `sublimen bench recognisers`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from sublimen.cli.output import people


def recognisers(
    *, output: Annotated[Path, Parameter(alias="-o")], data: Path | None = None
) -> None:
    """Say how well every installed recogniser tells people apart.

    All pairs of photos of one person and 10,000 pairs of different people (about three minutes on
    one core). Writes the distances, a table and the same as JSON.

    Args:
        output: Folder to write to.
        data: Folder with the evaluation photos, faces/lfw; else SUBLIMEN_DATA, else
            ../shared/data.
    """
    from sublimen.bench.places import evaluation_data
    from sublimen.bench.recogniser_study import run

    console = people()
    found = run(data or evaluation_data(), output, watch=lambda what: console.print(f"  {what}"))
    for entry in found:
        console.print(
            f"{entry.name}: TAR {entry.true_matches.text(3)}, FAR {entry.false_matches.text(4)} "
            f"at {entry.threshold:.3f}, AUC {entry.area.text(4)}"
        )
    console.print(f"written to {output}")
