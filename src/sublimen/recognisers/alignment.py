"""How a face is turned upright and brought to a recogniser's size, dlib's way, with a gradient."""

import math
from dataclasses import dataclass
from typing import Final, final

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import conv2d, grid_sample

from sublimen.recognisers.face import Box, Face
from sublimen.types import Chips, Images, Resampled

SIDE: Final = 150
"""Height and width of a chip in pixels."""

PADDING: Final = 0.25
"""Room around the face on each side, as a share of its width."""

PLACES: Final = np.array(
    [
        (0.8595674595992, 0.2134981538014),
        (0.6460604764104, 0.2289674387677),
        (0.1205750620789, 0.2137274526848),
        (0.3340850613712, 0.2290642403242),
        (0.4901123135679, 0.6277975316475),
    ]
)
"""Where dlib's five landmarks lie in a face of width 1."""

SHIFT: Final = (1.25, 0.75)
"""Pixels by which dlib moves halved coordinates from one pyramid level to the next."""

TAPS: Final = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)
"""Filter before every other pixel is dropped."""


@final
@dataclass(frozen=True)
class Alignment:
    """The square of a photo that becomes a chip.

    Args:
        x: Column of its centre in the photo.
        y: Row of its centre in the photo.
        scale: Photo pixels per chip pixel.
        angle: How far the square is turned, in radians.
    """

    x: float
    y: float
    scale: float
    angle: float

    @classmethod
    def of(cls, face: Face) -> "Alignment":
        """The similarity that brings the face's landmarks nearest to where they should be.

        Least squares as in Umeyama, IEEE TPAMI 1991; landmarks as complex numbers.
        """
        wanted = (PADDING + PLACES) / (2 * PADDING + 1) * SIDE @ (1, 1j)
        found = np.array(face.landmarks) @ (1, 1j)
        from_mean = wanted - wanted.mean()
        turn = np.vdot(from_mean, found - found.mean()) / np.vdot(from_mean, from_mean)
        centre = found.mean() + turn * (SIDE / 2 * (1 + 1j) - wanted.mean())
        return cls(float(centre.real), float(centre.imag), float(abs(turn)), float(np.angle(turn)))

    @property
    def face_width(self) -> float:
        """Side of the chip without its padding, in photo pixels."""
        return SIDE * self.scale / (1 + 2 * PADDING)

    @property
    def depth(self) -> int:
        """How often the photo is halved before the chip is sampled."""
        side, depth = SIDE * self.scale, 0
        while (halved := (side - 1) / 2 + 1) ** 2 > SIDE**2:
            side, depth = halved, depth + 1
        return depth

    @property
    def window(self) -> Box:
        """Upright box around the square with room for the pyramid's filters; may leave the photo.

        Dlib starts its pyramid at this box, so its corner decides which pixels are dropped.
        """
        half = (SIDE * self.scale - 1) / 2
        reach = half * (abs(math.cos(self.angle)) + abs(math.sin(self.angle)))
        room = 2.0
        for _ in range(self.depth):
            room = 2 * room + 2
        reach += room
        return Box(
            math.floor(self.x - reach + 0.5),
            math.floor(self.y - reach + 0.5),
            math.floor(self.x + reach + 0.5) + 1,
            math.floor(self.y + reach + 0.5) + 1,
        )

    def places(self, *, origin: tuple[float, float] = (0, 0), halvings: int = 0) -> Tensor:
        """Column and row of each chip pixel, side x side x 2, float64.

        Args:
            origin: Column and row of the picture's first pixel in the photo.
            halvings: Pyramid level at which the picture is read.
        """
        x, y = self.x - origin[0], self.y - origin[1]
        side = SIDE * self.scale - 1
        for _ in range(halvings):
            x, y, side = x / 2 - SHIFT[0], y / 2 - SHIFT[1], side / 2
        steps = (torch.arange(SIDE, dtype=torch.float64) / (SIDE - 1) - 0.5) * side
        down, across = torch.meshgrid(steps, steps, indexing="ij")
        cosine, sine = math.cos(self.angle), math.sin(self.angle)
        columns = x + cosine * across - sine * down
        rows = y + sine * across + cosine * down
        return torch.stack([columns, rows], dim=-1)


def chip(photo: Images, alignment: Alignment, *, origin: tuple[int, int] = (0, 0)) -> Chips:
    """The aligned face, differentiable in the photo.

    Args:
        photo: One photo, or a part of it that holds `alignment.window` as far as the photo goes.
        alignment: Which square to take.
        origin: Column and row of the part's first pixel in the photo.

    References:
        As dlib's extract_image_chips: the photo is halved while the square stays larger than the
        chip, then sampled bilinearly, black outside. Dlib rounds down to 8 bits at each level
        and in the chip; this does not.
    """
    window = alignment.window
    left, top = max(window.x0 - origin[0], 0), max(window.y0 - origin[1], 0)
    right, bottom = window.x1 - origin[0], window.y1 - origin[1]
    picture = photo[..., top:bottom, left:right]
    for _ in range(alignment.depth):
        picture = halve(picture)
    start = (origin[0] + left, origin[1] + top)
    sampled = _read(picture, alignment.places(origin=start, halvings=alignment.depth))
    return sampled.expand(-1, 3, -1, -1)


def halve(picture: Images) -> Resampled:
    """The next level of dlib's pyramid: smoothed, every other pixel from the third on."""
    taps = picture.new_tensor(TAPS)
    planes = picture.flatten(0, 1)[:, None]
    rows = conv2d(planes, taps.view(1, 1, -1, 1), stride=(2, 1))
    halved = conv2d(rows, taps.view(1, 1, 1, -1), stride=(1, 2))
    return halved.view(*picture.shape[:2], *halved.shape[2:])


def _read(picture: Images, places: Tensor) -> Tensor:
    """Bilinear samples at columns and rows; outside the picture lies black."""
    size = places.new_tensor([picture.shape[3], picture.shape[2]])
    grid = (2 * places + 1) / size - 1
    grids = grid.to(picture)[None].expand(len(picture), -1, -1, -1)
    return grid_sample(picture, grids, align_corners=False)
