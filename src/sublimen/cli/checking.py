"""How a check is shown."""

from typing import Final

from rich.table import Table

from sublimen.cli.output import people, print_json, print_table
from sublimen.photo.check import Check, CheckedFace

MATCHES: Final = 1
"""Exit status when something matches."""


def show(checked: Check, *, json: bool) -> None:
    """Print a check: one JSON object, or a table; notes go to people either way."""
    if json:
        print_json(checked)
    else:
        for number, face in enumerate(checked.faces, 1):
            print_table(_table(checked, face, number))
    _say(checked)


def _table(checked: Check, face: CheckedFace, number: int) -> Table:
    title = f"face {number} at {','.join(map(str, face.box))}"
    versions = "; ".join(f"{name}: {what}" for name, what in checked.uploads.items())
    caption = f"{versions}; strangers: share of pairs of different people that match, too"
    table = Table(title=title, caption=caption)
    for column in ("version", "recogniser", "nearest", "up to", "strangers", "photos", ""):
        table.add_column(column, no_wrap=True)
    for version in face.versions:
        for place, one in enumerate(version.recognisers):
            table.add_row(
                "" if place else version.upload,
                one.name,
                f"{one.nearest:.3f}",
                f"{one.threshold:.3g}",
                f"{one.false_match_rate:.1%}",
                f"{one.matching} of {one.photos}",
                "[red]matches[/]" if one.matches else "no match",
            )
        table.add_section()
    return table


def _say(checked: Check) -> None:
    """Say what was not seen, what it comes to, and what cannot be promised."""
    console = people()
    for number, face in enumerate(checked.faces, 1):
        for version in face.versions:
            if not version.found:
                what = checked.uploads[version.upload]
                console.print(f"face {number} is not found after {what}; it was compared anyway")
        if face.note:
            console.print(f"face {number}: {face.note}")
    if checked.without_face:
        console.print(f"no face was found in {', '.join(checked.without_face)}")
    verdict = "a recogniser matches" if checked.matches else "no recogniser that was asked matches"
    console.print(f"{checked.input}: {verdict}; {checked.limits}")
