"""The commands `sublimen bench ...`: studies that anybody can run again."""

from typing import Final

from cyclopts import App

bench: Final = App(name="bench", help="Run a study again: calibrate, jnd.")
bench.command(
    "sublimen.cli.calibrate:calibrate",
    help="Calibrate the meters of visibility to just noticeable differences.",
)
bench.command(
    "sublimen.cli.bench_jnd:jnd",
    help="Try every JND model: is noise shaped by its map seen less.",
)
