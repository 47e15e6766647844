"""Correlation with kernels that are products of a row and a column, with a gradient.

All planes of a batch pass as the channels of one picture through a depthwise convolution, which on
a processor is many times faster than a convolution of one plane after the other; a single plane is
a sum of shifted ones.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final, Literal, TypeAlias

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

Border: TypeAlias = Literal["valid", "zeros", "edge", "reflect"]
"""What happens at the rim: only places where the kernel fits, or zeros, the outermost sample or the
mirrored picture beyond it."""

PAD_MODES: Final = {"zeros": "constant", "edge": "replicate", "reflect": "reflect"}
"""PyTorch's names of the borders."""


def correlate(
    images: Tensor,
    down: Sequence[float],
    across: Sequence[float] | None = None,
    *,
    border: Border = "valid",
) -> Tensor:
    """Correlation of each plane with the outer product of two rows of weights.

    Args:
        images: Batch x channel x height x width.
        down: Weights along a column, an odd number.
        across: Weights along a row; those of `down` if `None`.
        border: What happens at the rim.

    Example:
        >>> planes = torch.arange(4.0).expand(1, 1, 3, 4)
        >>> correlate(planes, [0, 1, 0], [1, 1, 1]).tolist()
        [[[[3.0, 6.0]]]]
    """
    across = down if across is None else across
    if border != "valid":
        x, y = len(across) // 2, len(down) // 2
        images = pad(images, (x, x, y, y), mode=PAD_MODES[border])
    batch, channels, height, width = images.shape
    planes = images.reshape(1, batch * channels, height, width)
    if batch * channels == 1:
        result = _shifted(_shifted(planes, 2, down), 3, across)
    else:
        if planes.dtype == torch.float32:
            planes = planes.contiguous(memory_format=torch.channels_last)
        result = _depthwise(_depthwise(planes, 2, down), 3, across)
    return result.reshape(batch, channels, *result.shape[2:])


@cache
def gaussian(radius: int, sigma: float) -> tuple[float, ...]:
    """Weights of a Gaussian up to `radius` samples to each side, with sum 1.

    Example:
        >>> [round(w, 4) for w in gaussian(1, 1.0)]
        [0.2741, 0.4519, 0.2741]
    """
    offsets = torch.arange(-radius, radius + 1, dtype=torch.float64)
    weights = (-offsets.square() / (2 * sigma**2)).exp()
    return tuple((weights / weights.sum()).tolist())


def _depthwise(planes: Tensor, axis: int, weights: Sequence[float]) -> Tensor:
    count = planes.shape[1]
    kernel = planes.new_tensor(weights)
    kernel = kernel[:, None] if axis == 2 else kernel[None]
    return conv2d(planes, kernel.expand(count, 1, -1, -1), groups=count)


def _shifted(plane: Tensor, axis: int, weights: Sequence[float]) -> Tensor:
    length = plane.shape[axis] - len(weights) + 1
    total = weights[0] * plane.narrow(axis, 0, length)
    for start, weight in enumerate(weights[1:], start=1):
        total = total + weight * plane.narrow(axis, start, length)
    return total
