"""The command `sublimen weights list`."""

from rich.markup import escape
from rich.table import Table

from sublimen.cli.output import print_json, print_table


def listed(*, json: bool = False) -> None:
    """List the weights of face recognisers, whose they are and what installs them.

    Args:
        json: Print one JSON object a line instead of a table.
    """
    from sublimen.recognisers.fetching import holdings

    rows = holdings()
    if json:
        for row in rows:
            print_json(row)
        return
    table = Table("name", "installed", show_lines=True)
    for column in ("licence", "origin", "installed by"):
        table.add_column(column, overflow="fold")
    for row in rows:
        there = "yes" if row.installed else "no"
        table.add_row(row.name, there, row.licence, row.origin, escape(row.command))
    print_table(table)
