"""Gradient magnitude similarity deviation."""

from typing import Final

from torch import Tensor

from sublimen.checks import check_pair
from sublimen.imaging.colour import luma
from sublimen.imaging.roots import power
from sublimen.imaging.separable import correlate
from sublimen.metrics.ms_ssim import halved
from sublimen.types import LEVELS, Images, PerImage, Plane

C: Final = 170 / LEVELS**2
"""Constant that keeps the quotient finite, for samples in [0, 1]."""

KNEE: Final = 1e-12
"""Square below which a root is straight, so that its slope stays finite."""

MINIMUM: Final = 6
"""Least height and width: Prewitt's kernel of 3 must fit after halving."""


def gmsd(reference: Images, distorted: Images) -> PerImage:
    """Gradient magnitude similarity deviation of each pair, on luma reduced by two.

        GMS = (2 m_x m_y + C) / (m_x^2 + m_y^2 + C);  GMSD = standard deviation of GMS

    where m is the length of Prewitt's gradient. Equal images give 0. Lower is better.

    Raises:
        ImageError: If the batches break the pixel convention, differ in shape, or are smaller
            than 6 pixels.

    References:
        Xue, Zhang, Mou, Bovik, "Gradient magnitude similarity deviation", IEEE TIP 2014,
        eqs. (1) to (6).
    """
    check_pair(reference, distorted, minimum_size=MINIMUM)
    similarity = gradient_similarity(halved(luma(reference)), halved(luma(distorted)))
    return power(similarity.flatten(1).var(dim=1, correction=0), 0.5, knee=KNEE)


def gradient_similarity(reference: Plane, distorted: Plane) -> Tensor:
    """The map GMS, zeros beyond the rim."""
    one, other = _steepness(reference), _steepness(distorted)
    return (2 * one * other + C) / (one.square() + other.square() + C)


def _steepness(plane: Plane) -> Plane:
    third, slope = (1 / 3,) * 3, (1.0, 0.0, -1.0)
    across = correlate(plane, third, slope, border="zeros")
    down = correlate(plane, slope, third, border="zeros")
    return power(across.square() + down.square(), 0.5, knee=KNEE)
