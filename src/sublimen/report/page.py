"""A page that shows what was done to a photo. It needs nothing but itself."""

from importlib.resources import files
from pathlib import Path
from typing import Final

from sublimen.checks import need
from sublimen.imaging.colourmaps import gradient_css
from sublimen.photo.result import Protection
from sublimen.report.pictures import JND_SCALE, overview, views
from sublimen.types import LevelMap, PhotoLevels
from sublimen.whole_file import write_atomically

HEADLINES: Final = {
    "protected": "No recogniser that was asked matches this file to the original",
    "partly": "Some faces of this file still match the original",
    "not-protected": "This file still matches the original",
    "no-face": "No face was found, so nothing was changed",
}
"""What each status means."""

ROLES: Final = {
    "surrogate": "the network that the change was made against",
    "verifier": "the same network by independent code, asked about the saved file",
    "judge": "a network that took no part in making the change",
}
"""What each role means."""

VIEWINGS: Final = {
    "face": "the face 6 degrees wide, as a portrait on a desk screen",
    "fit": "the whole photo on a screen of 1920 x 1080",
    "desk": "1 : 1",
    "blue": "as face, for an observer who takes more luminance from blue",
}
"""How a photo is looked at."""


def page(
    protection: Protection,
    *,
    original: PhotoLevels,
    result: PhotoLevels,
    jnd: LevelMap | None,
) -> str:
    """The whole page as HTML. It holds the original: keep it private.

    Args:
        protection: What was done and measured.
        original: Levels of the original.
        result: Levels of the saved file as read back.
        jnd: The JND map of the original in 8-bit levels; `None` if there was no face.

    Raises:
        MissingExtraError: If the extra `report` is not installed.
    """
    jinja2 = need("jinja2", extra="report")
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sublimen.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    folder = files("sublimen.report") / "templates"
    height, width = original.shape[:2]
    text: str = environment.get_template("page.html").render(
        protection=protection,
        headline=HEADLINES[protection.status],
        roles=ROLES,
        viewings=VIEWINGS,
        views=[] if jnd is None else views(protection, original, result, jnd),
        overview="" if jnd is None else overview(original),
        size=(width, height),
        jnd_scale=JND_SCALE,
        gradient=gradient_css(),
        style=(folder / "page.css").read_text("utf-8"),
        script=(folder / "page.js").read_text("utf-8"),
    )
    return text


def write_page(text: str, path: Path, *, force: bool = False) -> None:
    """Write a page that only its owner may read.

    Raises:
        OutputError: If it is there already or cannot be written.
    """
    write_atomically(path, text.encode(), force=force, private=True)
