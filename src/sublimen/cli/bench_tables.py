"""The command `sublimen bench tables`."""

from pathlib import Path

from sublimen.cli.output import people


def tables(folder: Path) -> None:
    """Make tables and a figure of a run, and say whether its claims hold.

    Of a run of the frontier that has not come to its end, what is there.

    Args:
        folder: Folder of the run.
    """
    from sublimen.bench import frontier_results
    from sublimen.bench.frontier_study import ROWS
    from sublimen.bench.tables import FILES, write
    from sublimen.bench.verdicts import verdicts

    console = people()
    if (folder / ROWS).exists():
        frontier_results.write(folder)
        console.print(f"{', '.join(frontier_results.MADE)} written to {folder}")
        return
    for verdict in verdicts(write(folder)):
        where = f"{verdict.goal}, {verdict.point}"
        console.print(f"{verdict.word}: {verdict.claim} ({where}): {verdict.figures}")
    console.print(f"{', '.join(FILES)} written to {folder}")
