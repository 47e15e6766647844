"""Peak signal-to-noise ratio."""

import torch

from sublimen.checks import check_pair
from sublimen.imaging.colour import luma
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
    return decibels(mean_squared_error(reference, distorted))


def psnr_luma(reference: Images, distorted: Images) -> PerImage:
    """Peak signal-to-noise ratio of each pair on BT.601 luma, in decibels.

    Raises:
        ImageError: If the batches break the pixel convention or differ in shape.
    """
    check_pair(reference, distorted)
    return decibels(mean_squared_error(luma(reference), luma(distorted)))


def psnr_red(reference: Images, distorted: Images) -> PerImage:
    """Peak signal-to-noise ratio of each pair in R (of a grey image in its channel), in decibels.

    Raises:
        ImageError: If the batches break the pixel convention or differ in shape.
    """
    return _of_channel(reference, distorted, 0)


def psnr_green(reference: Images, distorted: Images) -> PerImage:
    """Peak signal-to-noise ratio of each pair in G (of a grey image in its channel), in decibels.

    Raises:
        ImageError: If the batches break the pixel convention or differ in shape.
    """
    return _of_channel(reference, distorted, 1)


def psnr_blue(reference: Images, distorted: Images) -> PerImage:
    """Peak signal-to-noise ratio of each pair in B (of a grey image in its channel), in decibels.

    Raises:
        ImageError: If the batches break the pixel convention or differ in shape.
    """
    return _of_channel(reference, distorted, 2)


def _of_channel(reference: Images, distorted: Images, channel: int) -> PerImage:
    check_pair(reference, distorted)
    place = min(channel, reference.shape[1] - 1)
    planes = (images[:, place : place + 1] for images in (reference, distorted))
    return decibels(mean_squared_error(*planes))


def mean_squared_error(reference: Images, distorted: Images) -> PerImage:
    """Mean of the squared differences of each pair, for samples in [0, 1]."""
    return (reference - distorted).square().flatten(1).mean(dim=1)


def decibels(error: PerImage) -> PerImage:
    """-10 log10 of a mean squared error; infinity for 0, where it has no slope."""
    some = error > 0
    return torch.where(some, -10 * torch.where(some, error, 1.0).log10(), torch.inf)
