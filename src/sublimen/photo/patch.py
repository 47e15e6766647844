"""The part of a photo that the attack on one face may change, and the grid it works on."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, final

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from sublimen.imaging.levels import from_bytes, to_levels
from sublimen.recognisers.face import Box
from sublimen.types import LEVELS, Images, PhotoLevels, RegionChange, RegionLevels

GRID: Final = 320
"""Longest side of the grid in pixels: above the resolution at which a recogniser sees a face."""

RIM: Final = 0.08
"""Share of the region's shorter side over which the allowance fades out to nothing."""


@final
@dataclass(frozen=True)
class Patch:
    """A region of a photo with its allowance.

    The attack sees the region reduced to a grid of at most 320 pixels a side. What it changes
    there is enlarged and added, so the photo's own pixels are never resampled; where a pixel
    would move further than its allowance, it stops there.

    Args:
        box: Place of the region in the photo.
        original: Levels of the region in the original photo.
        base: Levels of the region to start from: the original, or what other faces' patches
            have made of it.
        allowance: How far each sample may move from the original, in [0, 1], at the photo's
            resolution; channels as in the photo.
    """

    box: Box
    original: PhotoLevels
    base: PhotoLevels
    allowance: Images

    @property
    def grid(self) -> tuple[int, int]:
        """Height and width of the grid."""
        scale = min(1, GRID / max(self.box.width, self.box.height))
        return round(self.box.height * scale), round(self.box.width * scale)

    @cached_property
    def images(self) -> Images:
        """The region as the attack sees it, on the 8-bit lattice."""
        return to_levels(self._reduce(from_bytes(self.base)))

    @cached_property
    def radius(self) -> Images:
        """The allowance on the grid."""
        return self._reduce(self.allowance)

    def compose(self, perturbation: Images) -> RegionLevels:
        """The region with a perturbation of the grid added, in levels.

        Each sample is rounded to the nearest level, and towards the original where rounding
        would exceed the allowance.
        """
        start = from_bytes(self.original) * LEVELS
        change = from_bytes(self.base) * LEVELS - start + self._enlarged(perturbation) * LEVELS
        limit = self.allowance * LEVELS
        rounded = change.clamp(-limit, limit).round()
        within = torch.where(rounded.abs() > limit, rounded - rounded.sign(), rounded)
        levels = (start.round() + within).clamp(0, LEVELS).to(torch.uint8)
        return np.ascontiguousarray(levels[0].permute(1, 2, 0).numpy())

    def change(self, perturbation: Images) -> RegionChange:
        """How far a perturbation of the grid moves the region's samples, not rounded."""
        enlarged = self._enlarged(perturbation) * LEVELS
        return np.ascontiguousarray(enlarged[0].permute(1, 2, 0).numpy())

    def _enlarged(self, perturbation: Images) -> Tensor:
        return self._resize(perturbation, (self.box.height, self.box.width))

    def _reduce(self, images: Images) -> Tensor:
        return self._resize(images, self.grid)

    def _resize(self, images: Tensor, size: tuple[int, int]) -> Tensor:
        if tuple(images.shape[2:]) == size:
            return images
        return interpolate(images, size, mode="bilinear", antialias=True, align_corners=False)


def fade(height: int, width: int) -> Tensor:
    """Weights that fall from 1 inside to 0 at the rim of a region, like half a cosine.

    The first and the last row and column are at half a pixel from the rim.
    """
    reach = RIM * min(height, width)
    rows, columns = (_ramp(size, reach) for size in (height, width))
    return (rows[:, None] * columns)[None, None]


def _ramp(size: int, reach: float) -> Tensor:
    places = torch.arange(size) + 0.5
    from_rim = torch.minimum(places, size - places)
    return 0.5 - 0.5 * torch.cos(torch.pi * (from_rim / reach).clamp(max=1))
