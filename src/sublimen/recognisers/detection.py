"""Faces and their landmarks in a photo, by dlib, and by MTCNN where it is installed."""

from functools import cache
from typing import Any, Final

import numpy as np
from PIL import Image

from sublimen.checks import need
from sublimen.errors import BoxError
from sublimen.recognisers import mtcnn, store
from sublimen.recognisers.face import Box, Face
from sublimen.recognisers.weights import weights
from sublimen.types import ColourLevels, PhotoLevels

LARGE: Final = 4_000_000
"""Pixels above which a photo is enlarged less."""

SLIGHTLY: Final = 2 * (5 / 6) ** 3
"""How much a large photo is enlarged: the fourth of the scales at which dlib, which shrinks by
5/6, looks at a photo enlarged twice. So the same faces are met at the same scales."""

POINTS: Final = "shape_predictor_5_face_landmarks.dat"


def detect(levels: PhotoLevels) -> list[Face]:
    """All faces that dlib's HOG detector finds, from left to right.

    The photo is enlarged twice, so that faces of 40 pixels are found, and four times if there is
    none. A photo of more than 4 megapixels is enlarged less at first, so that faces of 70 pixels
    are found in a quarter of the time, and twice if there is none.

    Args:
        levels: The photo, upright.

    Raises:
        MissingExtraError: If dlib or its weights are not installed.
    """
    colour = as_colour(levels)
    faces = [_face(colour, rectangle) for rectangle in _rectangles(colour)]
    return sorted(faces, key=lambda face: face.box)


def _rectangles(colour: ColourLevels) -> list[Any]:
    height, width = colour.shape[:2]
    if height * width <= LARGE:
        return _looked_at(colour, 1) or _looked_at(colour, 2)
    return _enlarged(colour) or _looked_at(colour, 1)


def _looked_at(colour: ColourLevels, doublings: int) -> list[Any]:
    """What the detector finds in a photo that is enlarged first."""
    return list(_detector()(colour, doublings))


def _enlarged(colour: ColourLevels) -> list[Any]:
    """What is found in a slightly enlarged photo, in its own pixels."""
    height, width = colour.shape[:2]
    size = (round(width * SLIGHTLY), round(height * SLIGHTLY))
    picture = Image.fromarray(colour).resize(size, Image.Resampling.BILINEAR)
    found = _looked_at(np.array(picture), 0)
    corners = [(r.left(), r.top(), r.right() + 1, r.bottom() + 1) for r in found]
    return [_rectangle(Box(*(round(side / SLIGHTLY) for side in box))) for box in corners]


def _rectangle(box: Box) -> Any:  # noqa: ANN401
    return need("dlib", extra="photo").rectangle(box.x0, box.y0, box.x1 - 1, box.y1 - 1)


def at_box(levels: PhotoLevels, box: Box) -> Face:
    """The face in a box that a person gave.

    Raises:
        BoxError: If the box is empty or leaves the photo.
    """
    height, width = levels.shape[:2]
    inside = 0 <= box.x0 < box.x1 <= width and 0 <= box.y0 < box.y1 <= height
    if not inside:
        raise BoxError(
            f"box must lie in the photo of {width} x {height} pixels with x0 < x1 and y0 < y1, "
            f"got {','.join(map(str, box))}"
        )
    face = _face(as_colour(levels), _rectangle(box))
    if len(set(face.landmarks)) < len(face.landmarks):
        raise BoxError(f"box must be as large as a face, got {','.join(map(str, box))}")
    return face


def as_colour(levels: PhotoLevels) -> ColourLevels:
    """The photo as dlib reads it: three channels, contiguous in memory."""
    three: ColourLevels = np.ascontiguousarray(np.broadcast_to(levels, (*levels.shape[:2], 3)))
    return three


def _face(colour: ColourLevels, rectangle: Any) -> Face:  # noqa: ANN401 -- dlib has no types
    height, width = colour.shape[:2]
    parts = _predictor()(colour, rectangle).parts()
    first, second, third, fourth, fifth = ((float(p.x), float(p.y)) for p in parts)
    box = Box(
        max(rectangle.left(), 0),
        max(rectangle.top(), 0),
        min(rectangle.right() + 1, width),
        min(rectangle.bottom() + 1, height),
    )
    points = mtcnn.five_points(colour, box) if store.installed(mtcnn.NAME) else None
    return Face(box, (first, second, third, fourth, fifth), points)


@cache
def _detector() -> Any:  # noqa: ANN401
    return need("dlib", extra="photo").get_frontal_face_detector()


@cache
def _predictor() -> Any:  # noqa: ANN401
    return need("dlib", extra="photo").shape_predictor(str(weights(POINTS)))
