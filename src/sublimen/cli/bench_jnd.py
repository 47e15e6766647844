"""The command `sublimen bench jnd`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from sublimen.cli.output import people


def jnd(*, output: Annotated[Path, Parameter(alias="-o")], data: Path | None = None) -> None:
    """Try every JND model: is noise shaped by its map seen less, and how many JND is the map.

    Noise of random sign shaped by each map, the same map shuffled, and white noise, at 28 and 32
    dB in 24 pictures, by all meters (about half an hour on two cores; a killed run goes on where
    it stopped). Writes rows, tables and a figure.

    Args:
        output: Folder to write to.
        data: Folder with the evaluation photos, kodak and imagenet/nips17; else SUBLIMEN_DATA,
            else ../shared/data.
    """
    from sublimen.bench.jnd_study import run
    from sublimen.bench.jnd_table import WORST
    from sublimen.bench.places import evaluation_data

    console = people()
    noise = run(data or evaluation_data(), output, watch=lambda what: console.print(f"  {what}"))
    for model in noise.models:
        ratio = noise.ratio(WORST, (model, "shaped"), (model, "shuffled"))
        console.print(f"{model}: shaped over shuffled noise {ratio}, worst optimised meter")
    console.print(f"written to {output}")
