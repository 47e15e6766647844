"""A face in a photo: where it is and how it is turned."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, final

Point = tuple[float, float]
"""Column and row in pixels of the upright photo; whole numbers are pixel centres."""

FivePoints = tuple[Point, Point, Point, Point, Point]


class Box(NamedTuple):
    """Half-open rectangle in pixels of the upright photo: columns x0 to x1, rows y0 to y1."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def width(self) -> int:
        """Columns inside."""
        return self.x1 - self.x0

    @property
    def slices(self) -> tuple[slice, slice]:
        """Its rows and its columns, to cut it from a picture."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    @property
    def height(self) -> int:
        """Rows inside."""
        return self.y1 - self.y0


@final
@dataclass(frozen=True)
class Face:
    """One face of a photo.

    Args:
        box: Where it was detected, or where a person said it is; cut to the photo.
        landmarks: Corners of the eyes and the base of the nose, in the order of dlib's five-point
            predictor.
        points: Eyes, tip of the nose and corners of the mouth, from left, where MTCNN's weights
            are installed; who moves a face moves both.
    """

    box: Box
    landmarks: FivePoints
    points: FivePoints | None = None


def middle_face(faces: Sequence[Face], height: int, width: int) -> Face | None:
    """The face nearest to the middle of a photo; `None` without any.

    Args:
        faces: Those of the photo.
        height: Rows of the photo.
        width: Columns of the photo.
    """

    def off_centre(face: Face) -> int:
        """Squared distance of the two centres, in half pixels."""
        box = face.box
        return (box.x0 + box.x1 - width) ** 2 + (box.y0 + box.y1 - height) ** 2

    return min(faces, key=off_centre, default=None)
