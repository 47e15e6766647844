"""How long a change is, in 8-bit levels, and how much of it is of low frequency."""

from typing import Final

import torch

from sublimen.checks import check_pair
from sublimen.imaging.roots import power
from sublimen.imaging.separable import correlate, gaussian
from sublimen.types import LEVELS, Images, PerImage

KNEE: Final = 1e-12
"""Square below which a root is straight, so that its slope stays finite."""

SIGMA: Final = 8.0
"""Standard deviation of the blur that parts low from high frequencies, in pixels."""

REACH: Final = 32
"""Pixels to each side that the blur takes: four standard deviations."""


def l2(reference: Images, distorted: Images) -> PerImage:
    """Euclidean length of the change of each pair, in 8-bit levels.

    Raises:
        ImageError: If the batches break the pixel convention or differ in shape.
    """
    check_pair(reference, distorted)
    change = (distorted - reference).flatten(1) * LEVELS
    return power(change.square().sum(dim=1), 0.5, knee=KNEE)


def linf(reference: Images, distorted: Images) -> PerImage:
    """Largest change of a sample of each pair, in 8-bit levels.

    Raises:
        ImageError: If the batches break the pixel convention or differ in shape.
    """
    check_pair(reference, distorted)
    return (distorted - reference).abs().flatten(1).amax(dim=1) * LEVELS


def low_frequency_share(reference: Images, distorted: Images) -> PerImage:
    """Share of the change's energy that a blur of 8 pixels leaves, in [0, 1].

    White noise has 0.12 %, a change that is the same everywhere 100 %. At equal PSNR, low
    frequencies are seen far sooner, and PSNR and SSIM do not tell. Equal images give 0.

    Raises:
        ImageError: If the batches break the pixel convention or differ in shape.
    """
    check_pair(reference, distorted)
    change = distorted - reference
    slow = correlate(change, gaussian(REACH, SIGMA), border="edge")
    energy = change.square().flatten(1).sum(dim=1)
    some = energy > 0
    share = slow.square().flatten(1).sum(dim=1) / torch.where(some, energy, 1.0)
    return torch.where(some, share, 0.0)
