"""The discrete cosine transform of JPEG in whole numbers, as the IJG's library computes it.

Blocks stay where they are in the picture: the coefficient of vertical frequency u and horizontal
frequency v of a block lies where its pixel of row u and column v was. All products are exact in
single precision up to 2^24, so nothing is lost by computing with floats.
"""

from typing import Any, Final

import torch
from torch import Tensor
from typing_extensions import override

from sublimen.imaging.dct import SIDE
from sublimen.types import Images

ONE: Final = 8192
"""What stands for 1 in the weights, which have 13 binary places."""

HALVES: Final = (
    (8192, 8192, 8192, 8192),
    (11363, 9633, 6437, 2260),
    (10703, 4433, -4433, -10703),
    (9633, -2259, -11362, -6436),
    (8192, -8192, -8192, 8192),
    (6437, -11362, 2261, 9633),
    (4433, -10704, 10704, -4433),
    (2260, -6436, 9633, -11363),
)
"""Weights of the first four samples, one frequency in each row, that the library's network of sums
and products of 13 bits amounts to: cosines times the root of 8, a few one unit aside. The other
four are mirrored, with the other sign for odd frequencies."""

WEIGHTS: Final = tuple(
    tuple(weight / ONE for weight in (*half, *((-1) ** u * weight for weight in reversed(half))))
    for u, half in enumerate(HALVES)
)
"""The same of all eight samples, in the unit of 1."""

FINER: Final = 4
"""Between its two passes the library keeps two binary places."""

GAIN: Final = 8
"""How many times as large as orthonormal ones its coefficients are."""


class _Rounding(torch.autograd.Function):
    """Rounding after an addition, with limits; its slope is taken to be 1."""

    @staticmethod
    @override
    def forward(
        ctx: Any, values: Tensor, offset: Tensor | float, limits: tuple[int, int] | None
    ) -> Tensor:
        del ctx
        whole = (values + offset).floor_()
        return whole if limits is None else whole.clamp_(*limits)

    @staticmethod
    @override
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        del ctx
        return gradients[0], None, None


def rounded(
    values: Tensor, offset: Tensor | float = 0.5, *, limits: tuple[int, int] | None = None
) -> Tensor:
    """The whole number at or below a sum, with the slope of doing nothing.

    Args:
        values: Any numbers.
        offset: What is added: with one half it is rounding to the nearest, halves up.
        limits: Least and largest result, if there are any.

    Example:
        >>> rounded(torch.tensor([-1.5, -0.4, 0.5, 2.6]), limits=(0, 2)).tolist()
        [0.0, 0.0, 1.0, 2.0]
    """
    result: Tensor = _Rounding.apply(values, offset, limits)
    return result


def coefficients(levels: Images) -> Images:
    """Whole numbers, 8 times the orthonormal coefficients of each block of 8 x 8 samples.

    Args:
        levels: Whole 8-bit levels less 128, sides multiples of 8.

    References:
        Loeffler, Ligtenberg, Moschytz, "Practical fast 1-D DCT algorithms with 11 multiplications",
        ICASSP 1989, as the IJG's library has it in 13 bits: rows, then columns.
    """
    weights = levels.new_tensor(WEIGHTS)
    across = rounded(_rows(levels, weights.T * FINER))
    return rounded(_columns(across, weights / FINER))


def samples(coefficients: Images) -> Images:
    """Whole samples of blocks from their whole orthonormal coefficients: columns, then rows.

    They are less 128, and may leave the range of 8 bits.
    """
    weights = coefficients.new_tensor(WEIGHTS)
    down = rounded(_columns(coefficients, weights.T * FINER))
    return rounded(_rows(down, weights / (FINER * SIDE)))


def _rows(values: Images, weights: Tensor) -> Images:
    return (values.reshape(-1, SIDE) @ weights).view(values.shape)


def _columns(values: Images, weights: Tensor) -> Images:
    bands = values.reshape(-1, SIDE, values.shape[3])
    return (weights.expand(len(bands), -1, -1) @ bands).view(values.shape)
