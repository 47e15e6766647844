"""A part of a picture as a viewer shows it, enlarged or reduced, with a gradient."""

import math
from functools import lru_cache
from typing import Final, NamedTuple

import torch
from torch import Tensor

from sublimen.types import Images, Resampled

SHARPNESS: Final = -0.5
"""Parameter a of Keys' cubic: third-order accurate, what most viewers and Pillow use."""


class View(NamedTuple):
    """Half-open rectangle in pixels of the shown picture; it may leave the picture."""

    x0: int
    y0: int
    x1: int
    y1: int


def shown_size(size: int, scale: float) -> int:
    """Pixels that a row or column of `size` pixels has when shown."""
    return max(1, round(size * scale))


def shown(images: Images, scale: float, view: View) -> Resampled:
    """A part of the picture when every pixel is `scale` pixels wide, mirrored beyond the rim.

    Bicubic by Keys' kernel, as wide as the reduction needs it; where the kernel leaves the picture
    its weights are scaled up again, as Pillow does. At a scale of 1 the samples are the picture's.

    Args:
        images: Whole pictures.
        scale: Shown pixels per pixel, above 0.
        view: What is wanted, in shown pixels.

    References:
        Keys, "Cubic convolution interpolation for digital image processing", IEEE TASSP 1981.
    """
    height, width = images.shape[2:]
    top, rows = _weights(height, scale, view.y0, view.y1)
    left, columns = _weights(width, scale, view.x0, view.x1)
    part = images[..., top : top + rows.shape[1], left : left + columns.shape[1]]
    return (rows.to(part) @ part @ columns.to(part).T).clamp(0, 1)


def placed(
    changes: Images, scales: tuple[float, float], start: tuple[float, float], size: tuple[int, int]
) -> Resampled:
    """A change as it adds to a shown part of a picture: as `shown`, but nothing beyond its rim.

    Args:
        changes: Changes of a part of the picture, of any size and sign.
        scales: Shown pixels per row and per column of the change, above 0.
        start: Row and column of the shown part's corner from that of the change, in shown pixels.
        size: Height and width of the shown part.
    """
    top, rows = _weights_alone(changes.shape[2], scales[0], start[0], size[0])
    left, columns = _weights_alone(changes.shape[3], scales[1], start[1], size[1])
    part = changes[..., top : top + rows.shape[1], left : left + columns.shape[1]]
    return rows.to(part) @ part @ columns.to(part).T


@lru_cache(maxsize=256)
def _weights_alone(size: int, scale: float, start: float, count: int) -> tuple[int, Tensor]:
    """As `_weights`, with zeros beyond the picture."""
    centres = (start + torch.arange(count, dtype=torch.float64) + 0.5) / scale - 0.5
    tight = min(scale, 1.0)
    reach = 2 / tight
    first = min(max(math.floor(centres.min().item() - reach), 0), size - 1)
    last = min(max(math.ceil(centres.max().item() + reach), first), size - 1)
    near = centres.floor()[:, None] + torch.arange(-math.ceil(reach), math.ceil(reach) + 2)
    total = _keys((near - centres[:, None]).abs() * tight).sum(dim=1, keepdim=True)
    offsets = (torch.arange(first, last + 1) - centres[:, None]).abs() * tight
    return first, _keys(offsets) / total


@lru_cache(maxsize=256)
def _weights(size: int, scale: float, start: int, stop: int) -> tuple[int, Tensor]:
    """First sample that is read, and each shown sample's weights from there on."""
    places = mirrored(torch.arange(start, stop), shown_size(size, scale))
    centres = (places.double() + 0.5) / scale - 0.5
    tight = min(scale, 1.0)
    reach = 2 / tight
    first = max(math.floor(centres.min().item() - reach), 0)
    last = min(math.ceil(centres.max().item() + reach), size - 1)
    offsets = (torch.arange(first, last + 1) - centres[:, None]).abs() * tight
    weights = _keys(offsets)
    return first, weights / weights.sum(dim=1, keepdim=True)


def mirrored(places: Tensor, size: int) -> Tensor:
    """Places of a picture that goes on as its own mirror image for ever.

    Example:
        >>> mirrored(torch.arange(-3, 5), 2).tolist()
        [1, 1, 0, 0, 1, 1, 0, 0]
    """
    around = places.remainder(2 * size)
    return torch.minimum(around, 2 * size - 1 - around)


def _keys(offsets: Tensor) -> Tensor:
    a, x = SHARPNESS, offsets
    near = (a + 2) * x**3 - (a + 3) * x**2 + 1
    far = a * (x**3 - 5 * x**2 + 8 * x - 4)
    return torch.where(x < 1, near, torch.where(x < 2, far, 0.0))
