"""At what size a picture is shown, and in which windows a change is looked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, final

import numpy as np
from jaxtyping import Bool
from scipy import ndimage

from sublimen.imaging.resampling import View
from sublimen.recognisers.alignment import PADDING, Alignment
from sublimen.recognisers.face import Box, Face

Viewing: TypeAlias = Literal["face", "fit", "desk", "blue"]
"""`face`: enlarged or reduced until the face is 6 degrees wide. `fit`: the whole photo on a screen
of 1920 x 1080 pixels, never enlarged. `desk`: 1:1. `blue`: as `face` (without a face as `desk`),
for an observer who takes more luminance from blue."""

VIEWINGS: Final[tuple[Viewing, ...]] = ("face", "fit", "desk", "blue")

SCREEN: Final = (1920, 1080)
"""Pixels of a row and of a column of the screen that a photo is fitted to."""

SIDE: Final = 256
"""Side of a sliding window in shown pixels: 6.8 degrees of the standard screen."""

STRIDE: Final = 128
"""Shown pixels from one sliding window to the next."""

SMALL: Final = 64
"""Side of the windows in which a change smaller than a sliding window is read as well."""

APART: Final = 64
"""Shown pixels without a change that part two changed regions, about."""

FACE_DEGREES: Final = 6.0
"""Width of a face in `face`, in degrees: a portrait on a desk screen."""

FACE_WINDOW: Final = 1.3
"""Side of a face's window as a multiple of its chip's."""

Changed: TypeAlias = Bool[np.ndarray, "height width"]
"""Where two photos differ in any channel."""


@final
@dataclass(frozen=True)
class Place:
    """A window that is read.

    Args:
        scale: Shown pixels per pixel of the photo.
        view: The window in shown pixels; it may leave the picture.
    """

    scale: float
    view: View

    @property
    def side(self) -> int:
        """Shown pixels of a row."""
        return self.view.x1 - self.view.x0

    def box(self, height: int, width: int) -> Box:
        """The part of the photo that is seen in the window."""
        x0, y0, x1, y1 = (edge / self.scale for edge in self.view)
        return Box(
            min(max(int(np.floor(x0)), 0), width - 1),
            min(max(int(np.floor(y0)), 0), height - 1),
            max(min(int(np.ceil(x1)), width), 1),
            max(min(int(np.ceil(y1)), height), 1),
        )


def face_place(face: Face, pixels_per_degree: float) -> Place:
    """The window around a face that is shown 6 degrees wide."""
    alignment = Alignment.of(face)
    scale = FACE_DEGREES * pixels_per_degree / alignment.face_width
    side = round(FACE_WINDOW * (1 + 2 * PADDING) * FACE_DEGREES * pixels_per_degree)
    x0 = round((alignment.x + 0.5) * scale - side / 2)
    y0 = round((alignment.y + 0.5) * scale - side / 2)
    return Place(scale, View(x0, y0, x0 + side, y0 + side))


def fit_scale(height: int, width: int) -> float:
    """Shown pixels per pixel when the whole photo is on the screen, never enlarged."""
    return min(1.0, SCREEN[0] / width, SCREEN[1] / height)


def places(
    viewing: Viewing, faces: Sequence[Face], changed: Changed, pixels_per_degree: float
) -> list[Place]:
    """Every window in which a viewing looks for a change, none without a changed sample.

    With several faces the whole photo is shown at the size of the largest, and what lies around
    each of the others at its own.
    """
    if viewing == "fit":
        return list(sliding(changed, fit_scale(*changed.shape)))
    if viewing == "desk" or not faces:
        return list(sliding(changed, 1.0)) if viewing != "face" else []
    around = [face_place(face, pixels_per_degree) for face in faces]
    found = [place for place in around if holds(place, changed)]
    largest = min(around, key=lambda place: place.scale)
    found += sliding(changed, largest.scale)
    for place in around:
        if place != largest:
            near = np.zeros_like(changed)
            x0, y0, x1, y1 = place.box(*changed.shape)
            near[y0:y1, x0:x1] = changed[y0:y1, x0:x1]
            found += sliding(near, place.scale)
    return list(dict.fromkeys(found))


def sliding(changed: Changed, scale: float) -> Iterator[Place]:
    """Windows over each changed region, laid from the region and not from the photo's corner.

    So the same change is read in the same windows wherever it lies and whatever else the photo
    shows. A region smaller than a window is centred in one and read in small windows, too.
    """
    for region in regions(changed, scale):
        extent = View(
            *(int(np.floor(edge * scale)) for edge in region[:2]),
            *(int(np.ceil(edge * scale)) for edge in region[2:]),
        )
        sizes = [SIDE]
        if max(extent.x1 - extent.x0, extent.y1 - extent.y0) <= SIDE:
            sizes.append(SMALL)
        for side in sizes:
            for y in _starts(extent.y0, extent.y1, side):
                for x in _starts(extent.x0, extent.x1, side):
                    place = Place(scale, View(x, y, x + side, y + side))
                    if holds(place, changed):
                        yield place


def _starts(start: int, stop: int, side: int) -> list[int]:
    """Where windows begin along one axis to cover a region, at most half a window apart."""
    spare = stop - start - side
    if spare <= 0:
        return [start + spare // 2]
    stride = STRIDE * side // SIDE
    return [*range(start, start + spare, stride), start + spare]


def regions(changed: Changed, scale: float) -> list[Box]:
    """Boxes around changed samples that lie near each other when shown."""
    cell = max(1, round(APART / scale))
    height, width = changed.shape
    starts = [np.arange(0, size, cell) for size in (height, width)]
    cells = np.logical_or.reduceat(np.logical_or.reduceat(changed, starts[0], 0), starts[1], 1)
    labels, _ = ndimage.label(cells, structure=np.ones((3, 3)))
    boxes = []
    for rows, columns in ndimage.find_objects(labels):
        top, left = rows.start * cell, columns.start * cell
        part = changed[top : rows.stop * cell, left : columns.stop * cell]
        ys, xs = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
        boxes.append(
            Box(int(left + xs[0]), int(top + ys[0]), int(left + xs[-1] + 1), int(top + ys[-1] + 1))
        )
    return boxes


def holds(place: Place, changed: Changed) -> bool:
    """Whether a window shows a changed sample."""
    x0, y0, x1, y1 = place.box(*changed.shape)
    return bool(changed[y0:y1, x0:x1].any())
