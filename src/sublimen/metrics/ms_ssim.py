"""Structural similarity at five scales."""

from typing import Final

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, pad

from sublimen.checks import check_pair
from sublimen.metrics.ssim import luminance_and_structure
from sublimen.types import Images, PerImage

WEIGHTS: Final = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponents of the five scales, Wang, Simoncelli, Bovik 2003, section 3.2."""

MINIMUM: Final = 161
"""Least height and width: the window of 11 pixels must fit at the fifth scale."""


def ms_ssim(reference: Images, distorted: Images) -> PerImage:
    """Multi-scale structural similarity of each pair, mean over the channels.

        MS-SSIM = l_5^b5 product over 5 scales of c_j^bj

    where c_j is the mean of contrast and structure at scale j, with negative means taken as 0,
    and l_5 c_5 is the mean SSIM at the coarsest scale. Equal images give 1. Higher is better.

    Raises:
        ImageError: If the batches break the pixel convention, differ in shape, or are smaller
            than 161 pixels.

    References:
        Wang, Simoncelli, Bovik, "Multi-scale structural similarity for image quality
        assessment", Asilomar 2003, eq. (7), taken on each of R, G and B.
    """
    check_pair(reference, distorted, minimum_size=MINIMUM)
    score = torch.ones(reference.shape[:2], dtype=reference.dtype, device=reference.device)
    for scale, exponent in enumerate(WEIGHTS):
        luminance, structure = luminance_and_structure(reference, distorted)
        last = scale == len(WEIGHTS) - 1
        mean = (luminance * structure if last else structure).mean(dim=(2, 3))
        score = score * mean.clamp(min=torch.finfo(mean.dtype).tiny) ** exponent
        if not last:
            reference, distorted = halved(reference), halved(distorted)
    return score.mean(dim=1)


def halved(images: Tensor) -> Tensor:
    """Means of 2 x 2 pixels; a last odd row or column counts twice."""
    height, width = images.shape[2:]
    if height % 2 or width % 2:
        images = pad(images, (0, width % 2, 0, height % 2), mode="replicate")
    return avg_pool2d(images, 2)
