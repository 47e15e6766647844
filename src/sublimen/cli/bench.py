"""The commands `sublimen bench ...`: studies that anybody can run again."""

from typing import Final

from cyclopts import App

bench: Final = App(name="bench", help="Run a study again: calibrate.")
bench.command(
    "sublimen.cli.calibrate:calibrate",
    help="Calibrate the meters of visibility to just noticeable differences.",
)
