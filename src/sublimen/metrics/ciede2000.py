"""The colour difference CIEDE2000."""

import math
from typing import Final

import torch
from torch import Tensor

from sublimen.checks import check_pair
from sublimen.imaging.cielab import lab, xyz
from sublimen.imaging.roots import power
from sublimen.types import Images, PerImage, Plane

KNEE: Final = 1e-12
"""Square below which a root is straight, so that its slope stays finite."""

CHROMA_7: Final = 25.0**7
"""Where the chroma correction turns over."""


def ciede2000_mean(reference: Images, distorted: Images) -> PerImage:
    """CIEDE2000 of each pair, mean over the pixels. 1 is about what is just seen side by side.

    Raises:
        ImageError: If the batches break the pixel convention or differ in shape.
    """
    return _differences(reference, distorted).mean(dim=1)


def ciede2000_p95(reference: Images, distorted: Images) -> PerImage:
    """CIEDE2000 of each pair, the value that 5 % of the pixels exceed.

    Raises:
        ImageError: If the batches break the pixel convention or differ in shape.
    """
    return percentile(_differences(reference, distorted), 0.95)


def ciede2000_max(reference: Images, distorted: Images) -> PerImage:
    """CIEDE2000 of each pair, the largest of all pixels.

    Raises:
        ImageError: If the batches break the pixel convention or differ in shape.
    """
    return _differences(reference, distorted).amax(dim=1)


def percentile(values: Tensor, share: float) -> Tensor:
    """The number that a share of each row's values does not exceed, linear between neighbours."""
    place = share * (values.shape[1] - 1)
    low = math.floor(place)
    lower = values.kthvalue(low + 1, dim=1).values
    upper = values.kthvalue(min(low + 2, values.shape[1]), dim=1).values
    return lower + (place - low) * (upper - lower)


def _differences(reference: Images, distorted: Images) -> Tensor:
    check_pair(reference, distorted)
    pair = (lab(xyz(images.expand(-1, 3, -1, -1))) for images in (reference, distorted))
    return difference(*pair).flatten(1)


def difference(one: Tensor, other: Tensor) -> Plane:
    """CIEDE2000 of CIELAB colours, batch x 3 x height x width.

        dE = sqrt( (dL / S_L)^2 + (dC / S_C)^2 + (dH / S_H)^2 + R_T (dC / S_C)(dH / S_H) )

    Equal colours give 0, with a finite gradient.

    References:
        Sharma, Wu, Dalal, "The CIEDE2000 color-difference formula: implementation notes,
        supplementary test data, and mathematical observations", Color Res. Appl. 2005,
        eqs. (2) to (22), with weights k_L = k_C = k_H = 1.
    """
    (l1, a1, b1), (l2, a2, b2) = (colour.chunk(3, dim=1) for colour in (one, other))
    chroma = (_length(a1, b1) + _length(a2, b2)) / 2
    stretch = 1.5 - 0.5 * power(chroma**7 / (chroma**7 + CHROMA_7), 0.5, knee=KNEE)
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = _length(a1, b1), _length(a2, b2)
    h1, h2 = _angle(a1, b1), _angle(a2, b2)
    coloured = (c1 * c2) > 0
    turn = torch.where(coloured, _turn(h2 - h1), 0.0)
    d_lightness, d_chroma = l2 - l1, c2 - c1
    d_hue = 2 * power(c1 * c2, 0.5, knee=KNEE) * torch.sin(turn / 2)

    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    hue = torch.where(coloured, _between(h1, h2), h1 + h2)
    t = (
        1
        - 0.17 * torch.cos(hue - math.radians(30))
        + 0.24 * torch.cos(2 * hue)
        + 0.32 * torch.cos(3 * hue + math.radians(6))
        - 0.20 * torch.cos(4 * hue - math.radians(63))
    )
    from_grey = (lightness - 50).square()
    s_lightness = 1 + 0.015 * from_grey / (20 + from_grey).sqrt()
    s_chroma, s_hue = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    blueness = torch.exp(-(((hue * 180 / math.pi - 275) / 25).square()))
    swing = 2 * power(chroma**7 / (chroma**7 + CHROMA_7), 0.5, knee=KNEE)
    rotation = -swing * torch.sin(math.radians(60) * blueness)
    x, y, z = d_lightness / s_lightness, d_chroma / s_chroma, d_hue / s_hue
    squared = x.square() + y.square() + z.square() + rotation * y * z
    return power(squared.clamp(min=0), 0.5, knee=KNEE)


def _length(a: Tensor, b: Tensor) -> Tensor:
    return power(a.square() + b.square(), 0.5, knee=KNEE)


def _angle(a: Tensor, b: Tensor) -> Tensor:
    """Hue in [0, 2 pi), 0 for grey, where it has no slope."""
    grey = (a == 0) & (b == 0)
    angle = torch.atan2(torch.where(grey, 0.0, b), torch.where(grey, 1.0, a))
    return angle.remainder(2 * math.pi)


def _turn(angle: Tensor) -> Tensor:
    """The same turn within half a circle: (-pi, pi]."""
    past = torch.where(angle > math.pi, angle - 2 * math.pi, angle)
    return torch.where(past < -math.pi, past + 2 * math.pi, past)


def _between(one: Tensor, other: Tensor) -> Tensor:
    """The hue in the middle of the shorter way."""
    total, far = one + other, (one - other).abs() > math.pi
    shifted = torch.where(total < 2 * math.pi, total + 2 * math.pi, total - 2 * math.pi)
    return torch.where(far, shifted, total) / 2
