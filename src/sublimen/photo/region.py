"""The part of a photo that a face is seen in, and the face in pixels of another picture of it."""

from collections.abc import Sequence
from typing import Final

from sublimen.recognisers.base import Embedder
from sublimen.recognisers.face import Box, Face, FivePoints, Point
from sublimen.types import PhotoLevels
from sublimen.visibility.views import face_place

BLOCK: Final = 16
"""Pixels of a block of all channels of a 4:2:0 JPEG."""

FINE: Final = 64.0
"""Pixels per degree at which the window of the meters is asked for: what is rounded is small."""


def region_of(face: Face, networks: Sequence[Embedder], levels: PhotoLevels) -> Box:
    """What may change for a face: all that recognisers and the meters' window see, in the photo.

    Args:
        face: Where the face is.
        networks: The recognisers that give gradients.
        levels: The photo.
    """
    seen = face_place(face, FINE).box(*levels.shape[:2])
    for network in networks:
        seen = union(seen, network.window(face))
    return inside(whole_blocks(seen), levels)


def whole_blocks(box: Box) -> Box:
    """The least box around another that holds the blocks of a 4:2:0 JPEG of the photo whole.

    Where a search shows a recogniser what JPEG makes of the region, its blocks are the photo's.

    Example:
        >>> whole_blocks(Box(3, 16, 33, 48))
        Box(x0=0, y0=16, x1=48, y1=48)
    """
    x0, y0 = (edge // BLOCK * BLOCK for edge in box[:2])
    x1, y1 = (-(-edge // BLOCK) * BLOCK for edge in box[2:])
    return Box(x0, y0, x1, y1)


def on_grid(face: Face, box: Box, grid: tuple[int, int]) -> Face:
    """The face in pixels of a picture that shows a part of the photo at another size.

        column' = (column + 1/2 - x0) width' / width - 1/2

    for pixel centres, and the same without the halves for edges.

    Args:
        face: The face in the photo.
        box: The part of the photo that is shown.
        grid: Height and width of the picture.
    """
    down, across = grid[0] / box.height, grid[1] / box.width

    def moved(point: Point) -> Point:
        column, row = point
        return (column + 0.5 - box.x0) * across - 0.5, (row + 0.5 - box.y0) * down - 0.5

    def all_moved(points: FivePoints) -> FivePoints:
        first, second, third, fourth, fifth = map(moved, points)
        return first, second, third, fourth, fifth

    x0, y0 = round((face.box.x0 - box.x0) * across), round((face.box.y0 - box.y0) * down)
    x1, y1 = round((face.box.x1 - box.x0) * across), round((face.box.y1 - box.y0) * down)
    return Face(
        Box(x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)),
        all_moved(face.landmarks),
        None if face.points is None else all_moved(face.points),
    )


def resized_face(face: Face, size: tuple[int, int], other: tuple[int, int]) -> Face:
    """The face in a picture of the whole photo at another size.

    Args:
        face: The face in the photo.
        size: Height and width of the photo.
        other: Height and width of the picture.
    """
    return on_grid(face, Box(0, 0, size[1], size[0]), other)


def inside(box: Box, levels: PhotoLevels) -> Box:
    """The part of a box that lies in the photo."""
    height, width = levels.shape[:2]
    return Box(max(box.x0, 0), max(box.y0, 0), min(box.x1, width), min(box.y1, height))


def union(one: Box, other: Box) -> Box:
    """The least box that holds both."""
    return Box(
        min(one.x0, other.x0),
        min(one.y0, other.y0),
        max(one.x1, other.x1),
        max(one.y1, other.y1),
    )
