"""Structural similarity."""

from collections.abc import Sequence
from typing import Final

from torch import Tensor

from sublimen.checks import check_pair
from sublimen.imaging.colour import luma
from sublimen.imaging.separable import correlate, gaussian
from sublimen.types import Images, PerImage

RADIUS: Final = 5
"""Half width of the Gaussian window in pixels: 11 x 11."""

SIGMA: Final = 1.5
"""Standard deviation of the window in pixels."""

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


def ssim_luma(reference: Images, distorted: Images) -> PerImage:
    """Structural similarity of each pair on BT.601 luma, otherwise as `ssim`.

    Raises:
        ImageError: If the batches break the pixel convention, differ in shape, or are smaller
            than the window.
    """
    check_pair(reference, distorted, minimum_size=2 * RADIUS + 1)
    return similarity(luma(reference), luma(distorted)).flatten(1).mean(dim=1)


def similarity(reference: Images, distorted: Images) -> Tensor:
    """The map of which SSIM is the mean: 10 rows and columns smaller than the images."""
    luminance, structure = luminance_and_structure(reference, distorted)
    return luminance * structure


def luminance_and_structure(reference: Images, distorted: Images) -> tuple[Tensor, Tensor]:
    """The two factors of `similarity`."""
    weights = gaussian(RADIUS, SIGMA)
    mu_x, mu_y = correlate(reference, weights), correlate(distorted, weights)
    powers = mu_x.square() + mu_y.square()
    product = mu_x * mu_y
    variances = correlate(reference.square() + distorted.square(), weights) - powers
    covariance = correlate(reference * distorted, weights) - product
    return (2 * product + C1) / (powers + C1), (2 * covariance + C2) / (variances + C2)


def moments(one: Tensor, other: Tensor, weights: Sequence[float]) -> tuple[Tensor, ...]:
    """Means of x, y, x^2, y^2 and x y in a window."""
    terms = (one, other, one.square(), other.square(), one * other)
    return tuple(correlate(term, weights) for term in terms)
