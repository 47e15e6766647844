"""The command `sublimen measure`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from sublimen.photo.options import MapOptions, ViewOptions


def measure(
    a: Path,
    b: Path,
    *,
    view: Annotated[ViewOptions, Parameter(name="*", negative=())] = ViewOptions(),
    within: Annotated[MapOptions, Parameter(name="*")] = MapOptions(),
    box: Annotated[list[str] | None, Parameter(negative=())] = None,
    full: Annotated[bool, Parameter(negative=())] = False,
    heat_map: Path | None = None,
    force: Annotated[bool, Parameter(negative=())] = False,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Say how photo B differs from photo A and how visible that is, both as read from their files.

    Args:
        a: The original, in which faces are looked for.
        b: The changed photo, of the same size.
        view: Who looks, and how.
        within: The JND map that the change is held against.
        box: Face of photo A given by hand as x0,y0,x1,y1 in pixels; may be repeated.
        full: Run the heavy programs over a photo of more than 4 megapixels as well.
        heat_map: PNG to write, which shows where the change is seen, on a fixed scale.
        force: Overwrite a heat map that is there.
        json: Print one JSON object instead of tables.
    """
    from sublimen.cli.boxes import parse_box
    from sublimen.cli.measuring import show, write_heat_map
    from sublimen.photo.measure import measure_files

    boxes = [parse_box(text) for text in box or []]
    measurement = measure_files(a, b, view=view, within=within, boxes=boxes, full=full)
    if heat_map is not None:
        write_heat_map(a, b, heat_map, display=view.display, force=force)
    show(measurement, (a, b), json=json)
