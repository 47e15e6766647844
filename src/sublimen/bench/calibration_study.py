"""The whole study: measure, fit, write table, figure and package data."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

from sublimen.bench.calibrate import Study, fit, to_json
from sublimen.bench.calibration_rows import measure
from sublimen.bench.calibration_table import markdown
from sublimen.bench.figures import write_curves
from sublimen.bench.results import results
from sublimen.bench.windows import windows
from sublimen.photo.versions import versions
from sublimen.visibility import METERS
from sublimen.visibility.displays import DISPLAYS

FILES: Final = ("rows.csv", "calibration.md", "calibration.json", "curves.png")
"""What is written: the rows, the table for people, the table for the package, the figure."""


def run(data: Path, output: Path, *, watch: Callable[[str], None]) -> Study:
    """Calibrate every meter.

    Rows that the folder holds already are not measured again, so a killed run goes on.

    Args:
        data: Folder with the evaluation data.
        output: Folder to write to.
        watch: Told what is being measured.

    Raises:
        PhotoError: If the data is not there.
        MissingExtraError: If a meter's program or matplotlib is not installed.
        OutputError: If the results cannot be written.
    """
    every = windows(data)
    used = {meter.name: meter.version for meter in METERS.values()}
    with results(output):
        rows = measure(every, output / FILES[0], watch=watch)
        study = fit(
            rows,
            made=date.today().isoformat(),
            display=DISPLAYS["standard_fhd"].name,
            versions={**versions(), **used},
        )
        (output / FILES[1]).write_text(markdown(study), "utf-8")
        (output / FILES[2]).write_text(to_json(study.calibration), "utf-8")
        write_curves(rows, study, output / FILES[3])
    return study
