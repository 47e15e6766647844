"""Boxes as people type them."""

from sublimen.errors import BoxError
from sublimen.recognisers.face import Box


def parse_box(text: str) -> Box:
    """A box as people type it.

    Raises:
        BoxError: If the text is not four whole numbers.

    Example:
        >>> parse_box("10,20,110,140")
        Box(x0=10, y0=20, x1=110, y1=140)
    """
    try:
        x0, y0, x1, y1 = map(int, text.split(","))
    except ValueError as error:
        raise BoxError(f"--box must be x0,y0,x1,y1 in whole pixels, got {text!r}") from error
    return Box(x0, y0, x1, y1)
