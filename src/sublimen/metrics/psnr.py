"""Peak signal-to-noise ratio."""

from sublimen.checks import check_pair
from sublimen.types import Images, PerImage


def psnr(reference: Images, distorted: Images) -> PerImage:
    """Peak signal-to-noise ratio of each pair over all its samples, in decibels.

        PSNR = -10 log10( mean (x - y)^2 )            for samples in [0, 1]

    Equal images give infinity. Higher is better.

    Raises:
        ImageError: If the batches break the pixel convention or differ in shape.

    Example:
        >>> import torch
        >>> grey = torch.full((1, 3, 8, 8), 0.5)
        >>> round(psnr(grey, grey + 1 / 255).item(), 2)
        48.13
    """
    check_pair(reference, distorted)
    return -10 * mean_squared_error(reference, distorted).log10()


def mean_squared_error(reference: Images, distorted: Images) -> PerImage:
    """Mean of the squared differences of each pair, for samples in [0, 1]."""
    return (reference - distorted).square().flatten(1).mean(dim=1)
