"""The study of JND models: the noise test, how many JND each map is, tables and figure."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

from sublimen.bench.figures import write_noise
from sublimen.bench.jnd_rows import Factor, Row, measure_factors, measure_noise, pictures
from sublimen.bench.jnd_table import DRAWS, Noise, markdown
from sublimen.bench.results import results
from sublimen.photo.versions import versions
from sublimen.visibility import METERS

FILES: Final = ("noise.csv", "factors.csv", "jnd.md", "noise.png")
"""What is written: the rows of the noise test, how many JND the maps are, tables, figure."""


def run(data: Path, output: Path, *, watch: Callable[[str], None]) -> Noise:
    """Try every model.

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
    windows = pictures(data)
    with results(output):
        rows = measure_noise(windows, output / FILES[0], watch=watch)
        factors = measure_factors(windows, output / FILES[1], watch=watch)
        return write(rows, factors, output)


def write(rows: list[Row], factors: list[Factor], output: Path) -> Noise:
    """Tables and figure of measurements."""
    noise = Noise(rows)
    used = {**versions(), **{meter.name: meter.version for meter in METERS.values()}}
    head = (
        f"Made {date.today().isoformat()} by `sublimen bench jnd`: {len(noise.pictures)} pictures "
        f"of 256 x 256 pixels, {len(rows)} noisy ones; 95 % intervals over the pictures, {DRAWS} "
        f"bootstrap samples; {', '.join(f'{name} {number}' for name, number in used.items())}.\n"
    )
    (output / FILES[2]).write_text(markdown(noise, factors, head), "utf-8")
    write_noise(noise, output / FILES[3])
    return noise
