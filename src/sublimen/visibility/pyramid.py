"""The Gaussian pyramid of ColorVideoVDP as sums of shifted planes.

The program convolves one plane after the other, which on a processor, and in the gradient above
all, is several times slower; the results are the same up to rounding.
"""

from typing import Final

import torch
from torch import Tensor
from torch.nn.functional import pad

TAPS: Final = (0.05, 0.25, 0.4, 0.25, 0.05)
"""The kernel of Burt and Adelson with a centre of 0.4."""

DOWN: Final = -2
"""The axis along a column."""

ACROSS: Final = -1
"""The axis along a row."""


def reduced(planes: Tensor) -> Tensor:
    """Smoothed, and every other sample of every other row.

    The picture goes on as its mirror image; but as in the program it is the number of rows that
    says how the right rim is mirrored. Where rows are odd in number and columns even, the last
    column counts with .25 and the one before it with .05 once more.

    Args:
        planes: ... x height x width, at least 2 x 2.

    References:
        Burt, Adelson, "The Laplacian pyramid as a compact image code", IEEE TCOM 1983; rims as in
        ColorVideoVDP 0.5.7.
    """
    odd = planes.shape[DOWN] % 2 == 1
    return _reduced(_reduced(planes, DOWN, odd=odd), ACROSS, odd=odd)


def expanded(planes: Tensor, height: int, width: int) -> Tensor:
    """Between the samples, by the same kernel; beyond the rim lies the outermost sample.

    Args:
        planes: ... x height/2 x width/2, rounded up.
        height: Rows wanted.
        width: Columns wanted.
    """
    return _expanded(_expanded(planes, DOWN, height), ACROSS, width)


def _reduced(planes: Tensor, axis: int, *, odd: bool) -> Tensor:
    count = (planes.shape[axis] + 1) // 2
    room = [0, 0, 2, 2] if axis == DOWN else [2, 2]
    padded = pad(planes, room)
    shifted = [_every_other(padded, axis, start, count) for start in range(len(TAPS))]
    result = TAPS[0] * shifted[0]
    for tap, plane in zip(TAPS[1:], shifted[1:], strict=True):
        result = result + tap * plane
    first, second = planes.select(axis, 0), planes.select(axis, 1)
    last, before = planes.select(axis, -1), planes.select(axis, -2)
    result.select(axis, 0).add_(TAPS[1] * first + TAPS[0] * second)
    beyond = TAPS[3] * last + TAPS[4] * before if odd else TAPS[4] * last
    result.select(axis, -1).add_(beyond)
    return result


def _every_other(planes: Tensor, axis: int, start: int, count: int) -> Tensor:
    stop = start + 2 * count - 1
    return planes[..., start:stop:2, :] if axis == DOWN else planes[..., start:stop:2]


def _expanded(planes: Tensor, axis: int, size: int) -> Tensor:
    count = planes.shape[axis]
    first, last = planes.narrow(axis, 0, 1), planes.narrow(axis, count - 1, 1)
    padded = torch.cat([first, planes, last], dim=axis)
    before, here, after = (padded.narrow(axis, start, count) for start in range(3))
    even = 2 * (TAPS[0] * before + TAPS[2] * here + TAPS[4] * after)
    odd = 2 * (TAPS[1] * here + TAPS[3] * after)
    shape = [*planes.shape]
    shape[axis] = 2 * count
    return torch.stack([even, odd], dim=axis).reshape(shape).narrow(axis, 0, size)
