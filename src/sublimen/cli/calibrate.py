"""The command `sublimen bench calibrate`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from sublimen.cli.output import people


def calibrate(*, output: Annotated[Path, Parameter(alias="-o")], data: Path | None = None) -> None:
    """Calibrate the meters of visibility to just noticeable differences.

    Measures changes of eight kinds and eight strengths in 48 windows by every meter (about 20
    minutes on two cores; a killed run goes on where it stopped), fits the curves and writes rows,
    tables and a figure. The package uses src/sublimen/visibility/calibration.json, a copy of the
    calibration.json that is written here.

    Args:
        output: Folder to write to.
        data: Folder with the evaluation photos, kodak and faces/lfw; else SUBLIMEN_DATA, else
            ../shared/data.
    """
    from sublimen.bench.calibration_study import run
    from sublimen.bench.places import evaluation_data

    console = people()
    study = run(data or evaluation_data(), output, watch=lambda what: console.print(f"  {what}"))
    for name, curve in study.calibration.curves.items():
        steers = "steers" if curve.steers else f"does not steer: {curve.reason}"
        console.print(f"{name}: 1 JND at {curve.scores[2]:g}, band {curve.band:.0%}, {steers}")
    console.print(f"written to {output}")
