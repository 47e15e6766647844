"""What becomes of a photo on its way to others: files, compression, smaller sizes, screenshots."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, final

import numpy as np
from PIL import Image

from sublimen.imaging.jpeg import jpeg
from sublimen.imaging.picture import levels_of, picture
from sublimen.types import PhotoLevels, RegionLevels

SCREEN: Final = 0.8
"""Pixels of a screenshot per pixel of the photo, along each side."""


@final
@dataclass(frozen=True)
class Upload:
    """One thing that can become of a photo.

    Args:
        summary: What it is, in one line.
        make: The levels that others get.
    """

    summary: str
    make: Callable[[PhotoLevels], RegionLevels]


def half(levels: PhotoLevels) -> RegionLevels:
    """Half as many rows and columns by Lanczos' filter, then JPEG of quality 75, 4:2:0."""
    compressed: RegionLevels = jpeg(reduced(levels, 0.5, Image.Resampling.LANCZOS), 75)
    return compressed


def screen(levels: PhotoLevels) -> RegionLevels:
    """Shown at .8 of its size by a bicubic filter and taken from the screen, without loss."""
    return reduced(levels, SCREEN, Image.Resampling.BICUBIC)


UPLOADS: Final[Mapping[str, Upload]] = MappingProxyType(
    {
        "png": Upload("the saved file as it is", np.copy),
        "q90": Upload("JPEG of quality 90, 4:2:0", lambda levels: jpeg(levels, 90)),
        "q75": Upload("JPEG of quality 75, 4:2:0", lambda levels: jpeg(levels, 75)),
        "half": Upload("half the size, then JPEG of quality 75, 4:2:0", half),
        "screen": Upload("a screenshot at .8 of the size", screen),
    }
)
"""Everything that is tried, from mild to harsh."""


def reduced(levels: PhotoLevels, scale: float, resampler: Image.Resampling) -> RegionLevels:
    """The photo with fewer pixels, by Pillow.

    Args:
        levels: The photo.
        scale: New pixels per old pixel along each side, above 0; at least one pixel is left.
        resampler: Pillow's filter.
    """
    height, width = levels.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return levels_of(picture(levels).resize(size, resampler))
