"""CIE colour: XYZ, CIELAB and the opponent space YCxCz, from sRGB under D65."""

from typing import Final

import torch
from torch import Tensor

from sublimen.imaging.colour import linear
from sublimen.types import Images

TO_XYZ: Final = (
    (0.412453, 0.357580, 0.180423),
    (0.212671, 0.715160, 0.072169),
    (0.019334, 0.119193, 0.950227),
)
"""Linear sRGB to XYZ, ITU-R BT.709 primaries to six digits, as most image libraries have it."""

WHITE: Final = (0.95047, 1.0, 1.08883)
"""XYZ of D65 for the 2 degree observer, CIE 15."""

KNEE: Final = 0.008856
SLOPE: Final = 7.787
"""Ratio to white up to which CIELAB is straight, and how steep: (6/29)^3 and (29/6)^2 / 3 to the
digits of CIE 15:1986, as most image libraries have them."""


def xyz(images: Images, matrix: tuple[tuple[float, ...], ...] = TO_XYZ) -> Tensor:
    """Tristimulus values of sRGB images, white at Y = 1."""
    return mixed(linear(images), matrix)


def mixed(planes: Tensor, matrix: tuple[tuple[float, ...], ...]) -> Tensor:
    """Each pixel's three numbers times a 3 x 3 matrix."""
    return torch.einsum("ic,bchw->bihw", planes.new_tensor(matrix), planes)


def lab(tristimulus: Tensor, white: tuple[float, float, float] = WHITE) -> Tensor:
    """CIELAB of tristimulus values: L* in [0, 100], a*, b*, CIE 15 eqs. (8.3) to (8.11).

    Example:
        >>> [round(v, 3) for v in lab(xyz(torch.ones(1, 3, 1, 1).double())).flatten().tolist()]
        [100.0, -0.002, 0.005]
    """
    ratio = tristimulus / tristimulus.new_tensor(white).view(1, 3, 1, 1)
    root = ratio.clamp(min=KNEE) ** (1 / 3)
    x, y, z = torch.where(ratio > KNEE, root, SLOPE * ratio + 16 / 116).unbind(dim=1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=1)
