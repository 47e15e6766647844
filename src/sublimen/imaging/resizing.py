"""Whole pictures at another size, as programs resample them, with a gradient."""

from functools import lru_cache
from typing import Literal, TypeAlias

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from sublimen.types import Images, Resampled

Resampler: TypeAlias = Literal["bilinear", "bicubic", "area"]
"""A way to another size."""


def resized(
    images: Images, height: int, width: int, resampler: Resampler = "bilinear"
) -> Resampled:
    """Images at another size; those of that size already as they are.

        bilinear  between the four nearest samples, however far the picture is reduced (OpenCV's)
        bicubic   Keys' cubic, as wide as the reduction needs it (Pillow's); it may leave the range
        area      means over what a sample covers; enlarged pictures are bilinear (OpenCV's)

    Args:
        images: Whole pictures.
        height: Rows of the result, at least 1.
        width: Columns of the result, at least 1.
        resampler: Which of the three.

    References:
        Keys, "Cubic convolution interpolation for digital image processing", IEEE TASSP 1981.
    """
    rows, columns = images.shape[2:]
    if (rows, columns) == (height, width):
        return images
    if resampler == "bicubic":
        return interpolate(images, (height, width), mode="bicubic", antialias=True)
    if resampler == "area" and height <= rows and width <= columns:
        down, across = _shares(rows, height).to(images), _shares(columns, width).to(images)
        return down @ images @ across.T
    return interpolate(images, (height, width), mode="bilinear", align_corners=False)


@lru_cache(maxsize=64)
def _shares(size: int, fewer: int) -> Tensor:
    """How much of each of the fewer samples is covered by each of `size`."""
    bounds = torch.arange(fewer + 1, dtype=torch.float64) * (size / fewer)
    places = torch.arange(size, dtype=torch.float64)
    last = torch.minimum(bounds[1:, None], places + 1)
    first = torch.maximum(bounds[:-1, None], places)
    return (last - first).clamp(min=0) * (fewer / size)
