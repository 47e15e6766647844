"""The commands `sublimen bench ...`: studies that anybody can run again."""

from typing import Final

from cyclopts import App

bench: Final = App(
    name="bench", help="Run a study again: calibrate, frontier, jnd, recognisers, run, tables."
)
bench.command(
    "sublimen.cli.calibrate:calibrate",
    help="Calibrate the meters of visibility to just noticeable differences.",
)
bench.command(
    "sublimen.cli.bench_frontier:frontier",
    help="Say how often recognisers still match protected photos, over visibility.",
)
bench.command(
    "sublimen.cli.bench_jnd:jnd",
    help="Try every JND model: is noise shaped by its map seen less.",
)
bench.command(
    "sublimen.cli.bench_recognisers:recognisers",
    help="Say how well every installed recogniser tells people apart.",
)
bench.command("sublimen.cli.bench_run:run", help="Run a plan: attacks side by side.")
bench.command("sublimen.cli.bench_tables:tables", help="Make tables and a figure of a run.")
