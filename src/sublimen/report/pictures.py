"""The pictures of a report: originals, results, and maps of what was changed."""

import base64
from dataclasses import dataclass
from typing import Final, final

import numpy as np
from jaxtyping import Float, UInt8

from sublimen.imaging.colourmaps import coloured
from sublimen.imaging.picture import levels_of, picture, png
from sublimen.photo.result import Protection
from sublimen.recognisers.face import Box
from sublimen.types import LEVELS, LevelMap, PhotoLevels

WHOLE: Final = 1_000_000
"""Pixels up to which the whole photo is shown; of larger ones only the faces are."""

LARGEST: Final = 1024
"""Longest side of a view in pixels."""

OVERVIEW: Final = 480
"""Longest side of the overview of a large photo in pixels."""

JND_SCALE: Final = 40
"""Threshold in levels that gets the last colour of the JND map."""

GAINS: Final = (32, 16, 8, 4, 2, 1)
"""How many times the change may be magnified."""

AMBER: Final = (255, 176, 0)
RED: Final = (220, 38, 127)
"""Colours of samples beyond the map, once and twice."""


@final
@dataclass(frozen=True, kw_only=True)
class View:
    """One part of the photo at its own resolution.

    Args:
        name: What it shows.
        box: Where it lies in the photo.
        original: Data address of the original.
        result: Data address of the saved file.
        change: Data address of the change, magnified.
        gain: How many times the change is magnified.
        clipped: Share of the samples whose magnified change does not fit.
        jnd: Data address of the JND map.
        beyond: Data address of the change in units of the map.
        outlines: Faces, in pixels of the view.
    """

    name: str
    box: Box
    original: str
    result: str
    change: str
    gain: int
    clipped: float
    jnd: str
    beyond: str
    outlines: tuple[Box, ...]


def views(
    protection: Protection, original: PhotoLevels, result: PhotoLevels, jnd: LevelMap
) -> list[View]:
    """The whole of a small photo, or each face of a large one."""
    height, width = original.shape[:2]
    places = [("The photo", Box(0, 0, width, height))]
    if height * width > WHOLE:
        places = [
            (f"Face {k + 1}", _around(face.region, width, height))
            for k, face in enumerate(protection.faces)
        ]
    faces = [face.box for face in protection.faces]
    return [_view(name, box, faces, (original, result, jnd)) for name, box in places]


def overview(original: PhotoLevels) -> str:
    """Data address of a reduced original; empty for a photo that is shown whole."""
    height, width = original.shape[:2]
    if height * width <= WHOLE:
        return ""
    reduced = picture(original)
    reduced.thumbnail((OVERVIEW, OVERVIEW))
    return address(levels_of(reduced))


def _view(
    name: str,
    box: Box,
    faces: list[Box],
    planes: tuple[PhotoLevels, PhotoLevels, LevelMap],
) -> View:
    rows, columns = slice(box.y0, box.y1), slice(box.x0, box.x1)
    original, result = (levels[rows, columns] for levels in planes[:2])
    jnd = planes[2][:, rows, columns]
    change = result.astype(np.int16) - original
    gain = best_gain(change)
    magnified = change.astype(np.int32) * gain + 128
    thresholds = np.maximum(jnd, np.finfo(np.float32).tiny).transpose(1, 2, 0)
    return View(
        name=name,
        box=box,
        original=address(original),
        result=address(result),
        change=address(np.clip(magnified, 0, LEVELS).astype(np.uint8)),
        gain=gain,
        clipped=float(((magnified < 0) | (magnified > LEVELS)).mean()),
        jnd=address(coloured(jnd.mean(axis=0), JND_SCALE)),
        beyond=address(beyond_map(original, (np.abs(change) / thresholds).max(axis=2))),
        outlines=tuple(
            Box(f.x0 - box.x0, f.y0 - box.y0, f.x1 - box.x0, f.y1 - box.y0) for f in faces
        ),
    )


def best_gain(change: np.ndarray) -> int:
    """The largest gain at which 99.5 % of the changed samples still fit."""
    sizes = np.abs(change[change != 0])
    if not sizes.size:
        return GAINS[0]
    usual = np.percentile(sizes, 99.5)
    return next((gain for gain in GAINS if gain * usual <= 127), GAINS[-1])


def beyond_map(
    original: PhotoLevels, ratio: Float[np.ndarray, "height width"]
) -> UInt8[np.ndarray, "height width 3"]:
    """The change in units of the map over a pale photo.

    Up to 1 the pixel is shaded blue in proportion, from 1 to 2 it is amber, above 2 red.
    """
    pale = 155 + 0.35 * original.mean(axis=2)
    shade = np.clip(ratio, 0, 1)
    picture = np.stack([pale * (1 - 0.6 * shade), pale * (1 - 0.35 * shade), pale], axis=-1)
    picture[ratio > 1] = AMBER
    picture[ratio > 2] = RED
    levels: UInt8[np.ndarray, "height width 3"] = np.rint(picture).astype(np.uint8)
    return levels


def address(levels: np.ndarray) -> str:
    """A picture as a data address, PNG without loss."""
    return "data:image/png;base64," + base64.b64encode(png(levels)).decode()


def _around(region: Box, width: int, height: int) -> Box:
    """The region with some of its surroundings, no larger than a view may be."""
    room = max(region.width, region.height) // 8
    x0, x1 = _stretch(region.x0 - room, region.x1 + room, width)
    y0, y1 = _stretch(region.y0 - room, region.y1 + room, height)
    return Box(x0, y0, x1, y1)


def _stretch(start: int, stop: int, size: int) -> tuple[int, int]:
    start, stop = max(start, 0), min(stop, size)
    excess = max(stop - start - LARGEST, 0)
    return start + excess // 2, stop - (excess - excess // 2)
