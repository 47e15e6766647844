"""How a measurement is shown."""

from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from sublimen.cli.output import people, print_json, print_table
from sublimen.metrics import METRICS
from sublimen.photo.heat_map import write_heat_map as write_picture
from sublimen.photo.measure import Measurement
from sublimen.visibility.answer import Visibility
from sublimen.visibility.reading import MeterReading
from sublimen.visibility.words import sentence

CONVENTIONS: Final = {
    "pspnr": "what lies beyond the map alone, peak 255",
    "beyond_share": "share of all samples beyond the map",
    "beyond_share_red": "share of R beyond the map",
    "beyond_share_green": "share of G beyond the map",
    "beyond_share_blue": "share of B beyond the map",
    "beyond_depth_red": "largest change of R in units of the map",
    "beyond_depth_green": "largest change of G in units of the map",
    "beyond_depth_blue": "largest change of B in units of the map",
    "cvvdp": "JOD, 10 for equal images",
    "butteraugli_3norm": "3-norm of the map of butteraugli_main",
    "butteraugli_max": "largest value of the map of butteraugli_main",
    "lpips": "AlexNet",
    "dists": "",
}
"""What is said of numbers that are not in the catalogue of metrics."""


def show(measurement: Measurement, files: tuple[Path, Path], *, json: bool) -> None:
    """Print a measurement: one JSON object, or tables."""
    if json:
        print_json(as_json(measurement, files))
        return
    print_table(_metrics(measurement))
    print_table(_meters(measurement.visibility))
    Console(highlight=False).print(sentence(measurement.visibility))


def as_json(measurement: Measurement, files: tuple[Path, Path]) -> dict[str, Any]:
    """A measurement as plain values."""
    return {
        "reference": str(files[0]),
        "distorted": str(files[1]),
        **asdict(measurement),
    }


def write_heat_map(a: Path, b: Path, output: Path, *, display: str, force: bool) -> None:
    """Write the picture and say what its colours mean."""
    write_picture(a, b, output, display=display, force=force)
    people().print(
        f"{output}: 0 JND in dark blue to 3 in yellow, around each pixel at 1:1, by flip"
    )


def _metrics(measurement: Measurement) -> Table:
    table = Table("metric", "value", "convention")
    for name, value in measurement.metrics.items():
        metric = METRICS.get(name)
        unit = metric.unit if metric else {"pspnr": "dB"}.get(name, "")
        convention = metric.convention if metric else CONVENTIONS[name]
        shown = f"{value:.6g} {unit}".strip() if value is not None else "infinite"
        if name in measurement.unavailable:
            shown, convention = "-", measurement.unavailable[name]
        table.add_row(name, shown, convention)
    table.add_row(
        "the map", f"{measurement.map_limit:g} x {measurement.jnd}", "of the original photo"
    )
    return table


def _meters(visibility: Visibility) -> Table:
    title = f"counts: {visibility.viewing}; (judge): no attack follows it; *: extrapolated"
    table = Table("viewing", "meter", "score", "JND", "worst window", title=title)
    for viewing, reading in visibility.viewings.items():
        for name, meter in reading.meters.items():
            judge = " (judge)" if meter.role == "unseen" else ""
            window = ",".join(map(str, meter.window))
            table.add_row(viewing, name + judge, f"{meter.score:.4g}", _jnd(meter), window)
        if reading.read < reading.windows:
            table.caption = "of many windows that hold a change, those that change most are read"
        table.add_section()
    for name, reason in visibility.unavailable.items():
        table.add_row("", name, "-", "-", reason)
    return table


def _jnd(meter: MeterReading) -> str:
    return f"{meter.jnd:.2f}{'*' if meter.extrapolated else ''}"
