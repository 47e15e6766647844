"""The faces of a photo, and the same faces in another file."""

from collections.abc import Sequence
from typing import Final

from sublimen.recognisers.detection import at_box, detect
from sublimen.recognisers.face import Box, Face
from sublimen.types import PhotoLevels

SAME_PLACE: Final = 0.3
"""Least overlap (intersection over union) of two detections of one face."""


def find_faces(levels: PhotoLevels, boxes: Sequence[Box]) -> list[Face]:
    """The faces at the boxes that a person gave, or else all that are detected."""
    return [at_box(levels, box) for box in boxes] if boxes else detect(levels)


def same_face(face: Face, candidates: Sequence[Face]) -> Face | None:
    """The candidate at the place of `face`, if there is one."""
    nearest = max(candidates, key=lambda other: overlap(face.box, other.box), default=None)
    if nearest is None or overlap(face.box, nearest.box) < SAME_PLACE:
        return None
    return nearest


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes.

    Example:
        >>> overlap(Box(0, 0, 2, 2), Box(1, 0, 3, 2))
        0.3333333333333333
    """
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    common = max(width, 0) * max(height, 0)
    return common / (one.width * one.height + other.width * other.height - common)
