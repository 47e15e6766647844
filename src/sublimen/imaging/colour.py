"""Luma and colour differences, ITU-R BT.601 in full range, and the light of sRGB pictures."""

from typing import Final

import torch
from torch import Tensor

from sublimen.types import LEVELS, Images, Plane

LUMA: Final = (0.299, 0.587, 0.114)
"""Shares of R, G and B in luma, ITU-R BT.601."""

MATLAB_LUMA: Final = (0.298936, 0.587043, 0.114021)
"""The same in MATLAB's rgb2gray, whose result is rounded to levels."""

BLUE: Final = 0.564
"""Cb per difference of B and luma, as ITU-R BT.601 prints 0.5 / 0.886."""

RED: Final = 0.713
"""Cr per difference of R and luma, as ITU-R BT.601 prints 0.5 / 0.701."""

YCBCR: Final = (
    LUMA,
    (-BLUE * LUMA[0], -BLUE * LUMA[1], BLUE * (1 - LUMA[2])),
    (RED * (1 - LUMA[0]), -RED * LUMA[1], -RED * LUMA[2]),
)
"""Y, Cb = 0.564 (B - Y) and Cr = 0.713 (R - Y) as weights of R, G and B."""

KNEE: Final = 0.04045
"""sRGB value up to which the curve is straight, IEC 61966-2-1."""

LIGHT_KNEE: Final = 0.0031308
"""Light at that value."""


def luma(images: Images) -> Plane:
    """Luma of colour images in [0, 1]; a grey image is its own luma."""
    return images if images.shape[1] == 1 else _weighted(images, LUMA)


def matlab_luma(images: Images) -> Plane:
    """Luma as MATLAB's rgb2gray gives it for 8-bit images: rounded to levels, halves up."""
    if images.shape[1] == 1:
        return images
    return (_weighted(images, MATLAB_LUMA) * LEVELS + 0.5).floor() / LEVELS


def ycbcr(images: Images) -> Images:
    """Luma in [0, 1] and colour differences within [-0.5, 0.5] of colour images.

    Example:
        >>> blue = torch.tensor([0.0, 0.0, 1.0]).view(1, 3, 1, 1)
        >>> [round(v, 4) for v in ycbcr(blue).flatten().tolist()]
        [0.114, 0.4997, -0.0813]
    """
    light = luma(images)
    return torch.cat([light, BLUE * (images[:, 2:] - light), RED * (images[:, :1] - light)], dim=1)


def _weighted(images: Images, shares: tuple[float, float, float]) -> Tensor:
    """A mean that equal channels leave as they are, to the last bit."""
    red, green, blue = images.chunk(3, dim=1)
    return green + shares[0] * (red - green) + shares[2] * (blue - green)


def linear(images: Images) -> Images:
    """Light of sRGB images: linear R, G, B in [0, 1], IEC 61966-2-1.

    Example:
        >>> greys = torch.tensor([0.0, 0.04045, 0.5, 1.0]).view(1, 1, 1, 4)
        >>> [round(v, 5) for v in linear(greys).flatten().tolist()]
        [0.0, 0.00313, 0.21404, 1.0]
    """
    curved = ((images.clamp(min=KNEE) + 0.055) / 1.055) ** 2.4
    return torch.where(images <= KNEE, images / 12.92, curved)


def encoded(light: Images) -> Images:
    """Linear R, G, B in [0, 1] as sRGB, the inverse of `linear`."""
    curved = 1.055 * light.clamp(min=LIGHT_KNEE) ** (1 / 2.4) - 0.055
    return torch.where(light <= LIGHT_KNEE, 12.92 * light, curved)
