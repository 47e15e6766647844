"""The command `sublimen check`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def check(
    photo: Path,
    *,
    against: Path,
    box: Annotated[list[str] | None, Parameter(negative=())] = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Say whether a photo matches other photos, by every installed recogniser.

    The photo is compared as it is and after JPEG of quality 75. It may come from any tool.

    Args:
        photo: JPEG, PNG, WebP, TIFF or HEIC file, protected or not.
        against: Folder with other photos of the person.
        box: Face of the photo given by hand as x0,y0,x1,y1 in pixels; may be repeated.
        json: Print one JSON object instead of a table.
    """
    from sublimen.cli.boxes import parse_box
    from sublimen.cli.checking import MATCHES, show
    from sublimen.photo.check import check_photo
    from sublimen.photo.panel import load_witnesses

    boxes = [parse_box(text) for text in box or []]
    checked = check_photo(photo, against, load_witnesses(), boxes=boxes)
    show(checked, json=json)
    return MATCHES if checked.matches else 0
