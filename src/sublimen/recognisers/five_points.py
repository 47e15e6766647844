"""Where a face lies in a photo, for recognisers that were trained on the ArcFace template."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate

from sublimen.recognisers.face import Box, Face, Point
from sublimen.types import Chips, Images

SIDE: Final = 112
"""Height and width of a chip in pixels."""

TEMPLATE: Final[tuple[Point, ...]] = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
"""Places of the eyes, the tip of the nose and the corners of the mouth in a chip, from left."""

NOSE_BASE: Final[Point] = (56.0, 77.0)
"""Place of the base of the nose, which is what dlib's five points have of the nose."""

ROOM: Final = 3
"""Pixels of the reduced photo that are kept around a chip for the filters."""


@final
@dataclass(frozen=True)
class Placement:
    """A square of a photo that becomes a chip: place = start + turn * pixel, as complex numbers.

    Args:
        start: Column and row of the chip's first pixel centre in the photo.
        turn: Photo pixels per chip pixel, and how far the square is turned.
        side: Height and width of the chip in pixels.
    """

    start: complex
    turn: complex
    side: int

    @classmethod
    def between(
        cls, found: Sequence[Point], wanted: Sequence[Point], *, side: int = SIDE
    ) -> "Placement":
        """The similarity that brings points of a photo nearest to where they should be in a chip.

        Args:
            found: Points in the photo.
            wanted: The same points in the chip.
            side: Height and width of the chip in pixels.

        References:
            Umeyama, "Least-squares estimation of transformation parameters between two point
            patterns", IEEE TPAMI 1991.
        """
        there, here = (np.array(points) @ (1, 1j) for points in (found, wanted))
        from_mean = here - here.mean()
        turn = np.vdot(from_mean, there - there.mean()) / np.vdot(from_mean, from_mean)
        return cls(complex(there.mean() - turn * here.mean()), complex(turn), side)

    @classmethod
    def arcface(cls, face: Face) -> "Placement":
        """A face in the ArcFace template.

        By its five points where it has them, else by dlib's: both eyes and the base of the nose.
        """
        if face.points is not None:
            return cls.between(face.points, TEMPLATE)
        left, right, nose = eyes_and_nose(face)
        return cls.between((left, right, nose), (*TEMPLATE[:2], NOSE_BASE))

    @property
    def scale(self) -> float:
        """Photo pixels per chip pixel."""
        return abs(self.turn)

    @property
    def reduction(self) -> float:
        """How much smaller the photo is made before the chip is sampled, at least 1."""
        return max(self.scale, 1.0)

    @property
    def window(self) -> Box:
        """The upright box around the square with room for the filters; may leave the photo."""
        last = self.side - 1
        corners = [
            self.start + self.turn * corner for corner in (0, last, 1j * last, last + 1j * last)
        ]
        columns, rows = [c.real for c in corners], [c.imag for c in corners]
        room = ROOM * self.reduction
        return Box(
            math.floor(min(columns) - room),
            math.floor(min(rows) - room),
            math.ceil(max(columns) + room) + 1,
            math.ceil(max(rows) + room) + 1,
        )

    def cut(self, photo: Images, *, origin: tuple[int, int] = (0, 0)) -> Chips:
        """The chip, differentiable in the photo; black where the photo ends.

        A photo of more pixels than the chip is first reduced by a bicubic filter as wide as the
        reduction needs it, so that fine detail does not alias, then sampled bilinearly.

        Args:
            photo: A photo, or a part of it that holds `window` as far as the photo goes.
            origin: Column and row of the part's first pixel in the photo.
        """
        window = self.window
        left, top = max(window.x0 - origin[0], 0), max(window.y0 - origin[1], 0)
        right, bottom = window.x1 - origin[0], window.y1 - origin[1]
        part = photo[..., top : max(bottom, 0), left : max(right, 0)]
        if 0 in part.shape:
            return photo.new_zeros(len(photo), 3, self.side, self.side)
        places = self._places().to(photo.device) - torch.tensor(
            [left + origin[0], top + origin[1]], device=photo.device
        )
        size = places.new_tensor([part.shape[3], part.shape[2]])
        grid = ((2 * places + 1) / size - 1).to(part)[None].expand(len(part), -1, -1, -1)
        sampled = grid_sample(_reduced(part, self.reduction), grid, align_corners=False)
        return sampled.clamp(0, 1).expand(-1, 3, -1, -1)

    def _places(self) -> Tensor:
        """Column and row of each chip pixel in the photo, side x side x 2, float64."""
        pixels = torch.arange(self.side, dtype=torch.float64)
        down, across = torch.meshgrid(pixels, pixels, indexing="ij")
        columns = self.start.real + self.turn.real * across - self.turn.imag * down
        rows = self.start.imag + self.turn.imag * across + self.turn.real * down
        return torch.stack([columns, rows], dim=-1)


def eyes_and_nose(face: Face) -> tuple[Point, Point, Point]:
    """Centres of the eyes, the left one of the photo first, and the base of the nose."""
    points = np.array(face.landmarks)
    left, right = points[2:4].mean(axis=0), points[:2].mean(axis=0)
    return (float(left[0]), float(left[1])), (float(right[0]), float(right[1])), face.landmarks[4]


def _reduced(part: Images, reduction: float) -> Tensor:
    height, width = (max(1, round(size / reduction)) for size in part.shape[2:])
    if (height, width) == tuple(part.shape[2:]):
        return part
    return interpolate(part, (height, width), mode="bicubic", antialias=True, align_corners=False)
