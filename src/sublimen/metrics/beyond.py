"""What of a change lies beyond a JND map."""

from typing import Final

import torch
from torch import Tensor

from sublimen.checks import check_pair
from sublimen.errors import ImageError
from sublimen.metrics.psnr import decibels
from sublimen.types import LEVELS, Images, JndMap, PerImage, Plane

SLACK: Final = 1e-3 / LEVELS
"""By how much a change may exceed the map before it counts: the rounding of a stored map."""


def pspnr(reference: Images, distorted: Images, jnd: JndMap | Plane) -> PerImage:
    """Peak signal-to-perceptible-noise ratio of each pair, in decibels.

        PSPNR = -10 log10( mean (max(|x - y| - J, 0))^2 )            for samples in [0, 1]

    Infinity if nothing lies beyond the map. Higher is better.

    Args:
        reference: Originals.
        distorted: Changed images.
        jnd: Their visibility thresholds.

    Raises:
        ImageError: If the batches break the pixel convention or differ in shape.

    References:
        Chou, Li, "A perceptually tuned subband image coder based on the measure of
        just-noticeable-distortion profile", IEEE TCSVT 1995, eqs. (11) and (12).
    """
    return decibels(_excess(reference, distorted, jnd).square().flatten(1).mean(dim=1))


def beyond_share(reference: Images, distorted: Images, jnd: JndMap | Plane) -> Tensor:
    """Share of the samples beyond the map, batch x channel.

    Raises:
        ImageError: If the batches break the pixel convention or differ in shape.
    """
    return (_excess(reference, distorted, jnd) > SLACK).flatten(2).to(reference).mean(dim=2)


def beyond_depth(reference: Images, distorted: Images, jnd: JndMap | Plane) -> Tensor:
    """Largest change of a sample in units of the map, batch x channel; 1 is at the threshold.

    Where the map is 0 and something changed it is infinite.

    Raises:
        ImageError: If the batches break the pixel convention or differ in shape.
    """
    _excess(reference, distorted, jnd)
    change = (reference - distorted).abs()
    ratio = torch.where(change > 0, change / jnd.expand_as(change), 0.0)
    return ratio.flatten(2).amax(dim=2)


def _excess(reference: Images, distorted: Images, jnd: Tensor) -> Images:
    check_pair(reference, distorted)
    if jnd.shape[0] != reference.shape[0] or jnd.shape[2:] != reference.shape[2:]:
        raise ImageError(
            f"jnd must be a map of the reference, {tuple(reference.shape)}, got {tuple(jnd.shape)}"
        )
    return ((reference - distorted).abs() - jnd).clamp(min=0)
