"""The command `sublimen bench tables`."""

from pathlib import Path

from sublimen.cli.output import people


def tables(folder: Path) -> None:
    """Make tables and a figure of a run, and say whether its claims hold.

    Args:
        folder: Folder of the run.
    """
    from sublimen.bench.tables import FILES, write
    from sublimen.bench.verdicts import verdicts

    console = people()
    for verdict in verdicts(write(folder)):
        where = f"{verdict.goal}, {verdict.point}"
        console.print(f"{verdict.word}: {verdict.claim} ({where}): {verdict.figures}")
    console.print(f"{', '.join(FILES)} written to {folder}")
