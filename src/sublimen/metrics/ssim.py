"""Structural similarity."""

from typing import Final

import torch
from torch import Tensor
from torch.nn.functional import pad

from sublimen.checks import check_pair
from sublimen.types import Images, PerImage

RADIUS: Final = 5
"""Half width of the Gaussian window in pixels: 11 x 11."""

SIGMA: Final = 1.5
"""Standard deviation of the window in pixels."""

BLOCK: Final = 32
"""Samples that are filtered by one matrix product."""

C1: Final = 0.01**2
C2: Final = 0.03**2
"""Constants that keep the quotients finite, for samples in [0, 1]."""


def ssim(reference: Images, distorted: Images) -> PerImage:
    """Structural similarity of each pair, mean over positions and channels.

        SSIM = (2 mu_x mu_y + C1)(2 s_xy + C2) / ((mu_x^2 + mu_y^2 + C1)(s_x^2 + s_y^2 + C2))

    where the moments are taken in a Gaussian window of 11 x 11 pixels with sigma 1.5, divided by
    the sum of the weights, at every place where the window lies in the picture.

    Equal images give 1. Higher is better.

    Raises:
        ImageError: If the batches break the pixel convention, differ in shape, or are smaller
            than the window.

    References:
        Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to
        structural similarity", IEEE TIP 2004, eq. (13), taken on each of R, G and B.
    """
    check_pair(reference, distorted, minimum_size=2 * RADIUS + 1)
    return similarity(reference, distorted).flatten(1).mean(dim=1)


def similarity(reference: Images, distorted: Images) -> Tensor:
    """The map of which SSIM is the mean: 10 rows and columns smaller than the images."""
    mu_x, mu_y = _window_mean(reference), _window_mean(distorted)
    powers = mu_x.square() + mu_y.square()
    product = mu_x * mu_y
    variances = _window_mean(reference.square() + distorted.square()) - powers
    covariance = _window_mean(reference * distorted) - product
    luminance = (2 * product + C1) / (powers + C1)
    structure = (2 * covariance + C2) / (variances + C2)
    return luminance * structure


def _window_mean(images: Tensor) -> Tensor:
    """Weighted mean around each place where the window fits, one axis after the other."""
    across = _along_rows(images)
    return _along_rows(across.transpose(2, 3).contiguous()).transpose(2, 3)


def _along_rows(images: Tensor) -> Tensor:
    """Windows of 11 samples as products with a banded matrix, which is fast on every machine."""
    size = images.shape[-1] - 2 * RADIUS
    blocks = -(-size // BLOCK)
    padded = pad(images, (0, blocks * BLOCK - size))
    pieces = padded.unfold(-1, BLOCK + 2 * RADIUS, BLOCK)
    return (pieces @ _band(images)).flatten(-2)[..., :size]


def _band(like: Tensor) -> Tensor:
    """Column k holds the window's weights from row k on."""
    offsets = torch.arange(-RADIUS, RADIUS + 1, dtype=torch.float64)
    weights = (-offsets.square() / (2 * SIGMA**2)).exp()
    weights = weights / weights.sum()
    band = torch.zeros(BLOCK + 2 * RADIUS, BLOCK, dtype=torch.float64)
    for column in range(BLOCK):
        band[column : column + len(weights), column] = weights
    return band.to(like)
