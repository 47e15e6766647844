"""Correlation of planes with small kernels, as MATLAB's filter2 or with mirrored rims.

Filters are sums of shifted planes: the same bits for a part of a picture as for the whole, and
on a processor several times faster than a convolution of one channel.
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import torch
from torch import Tensor
from torch.nn.functional import pad

from sublimen.types import Plane

Padding: TypeAlias = Literal["reflect", "zeros"]
"""What lies beyond the rim: the plane mirrored about its outermost pixels, or zeros."""


def extend(planes: Tensor, margin: int, padding: Padding) -> Tensor:
    """Planes with `margin` more pixels on each side."""
    mode = "reflect" if padding == "reflect" else "constant"
    return pad(planes, (margin, margin, margin, margin), mode=mode)


def completed(planes: Tensor, side: int, padding: Padding) -> Tensor:
    """Planes with whole blocks of `side` x `side` pixels at their right and lower rim."""
    height, width = planes.shape[-2:]
    missing = (0, -width % side, 0, -height % side)
    if not any(missing):
        return planes
    return pad(planes, missing, mode="reflect" if padding == "reflect" else "constant")


def even(planes: Tensor, axis: int, weights: Sequence[float]) -> Tensor:
    """Correlation along an axis with weights that are the same behind and ahead.

    Args:
        planes: What is filtered; the result is shorter by what the weights reach over the rim.
        axis: 2 for columns, 3 for rows.
        weights: Of the centre and of one step or more away from it.
    """
    reach = len(weights) - 1
    length = planes.shape[axis] - 2 * reach
    at = [planes.narrow(axis, start, length) for start in range(2 * reach + 1)]
    total = _scaled(at[0] + at[-1], weights[-1])
    for k in range(reach - 1, 0, -1):
        total.add_(at[reach - k] + at[reach + k], alpha=weights[k])
    return total.add_(at[reach], alpha=weights[0])


def odd(planes: Tensor, axis: int, weights: Sequence[float]) -> Tensor:
    """Correlation along an axis with weights that change their sign behind.

    Args:
        planes: What is filtered; the result is shorter by what the weights reach over the rim.
        axis: 2 for columns, 3 for rows.
        weights: Of one step or more ahead. A flat plane gives exactly zero.
    """
    reach = len(weights)
    length = planes.shape[axis] - 2 * reach
    at = [planes.narrow(axis, start, length) for start in range(2 * reach + 1)]
    total = _scaled(at[-1] - at[0], weights[-1])
    for k in range(reach - 1, 0, -1):
        total.add_(at[reach + k] - at[reach - k], alpha=weights[k - 1])
    return total


def _scaled(planes: Tensor, weight: float) -> Tensor:
    return planes if weight == 1 else planes.mul_(weight)


def gaussian(side: int, sigma: float) -> list[float]:
    """One half of a Gaussian of `side` weights with sum 1, from the centre outwards.

    The outer product of the whole with itself is MATLAB's fspecial.
    """
    offsets = torch.arange(side, dtype=torch.float64) - side // 2
    weights = (-offsets.square() / (2 * sigma**2)).exp()
    halves: list[float] = (weights / weights.sum())[side // 2 :].tolist()
    return halves


def smooth(plane: Plane, side: int, sigma: float, padding: Padding) -> Plane:
    """Correlation with a Gaussian of `side` x `side` weights with sum 1, `side` odd."""
    weights = gaussian(side, sigma)
    return even(even(extend(plane, side // 2, padding), 2, weights), 3, weights)
