"""The one place where floats become 8-bit levels and levels become floats."""

import numpy as np
import torch

from sublimen.types import LEVELS, Images, PhotoLevels


def to_levels(images: Images) -> Images:
    """Round every sample to the nearest 8-bit level and stay in [0, 1].

    The result is exactly k / 255, so that a saved file holds these very numbers. A sample half
    way between two levels goes to the even one.

    Example:
        >>> to_levels(torch.full((1, 1, 1, 1), 0.5)).mul(255).item()
        128.0
    """
    return (images.clamp(0, 1) * LEVELS).round() / LEVELS


def from_bytes(levels: PhotoLevels, dtype: torch.dtype = torch.float32) -> Images:
    """A stored photo as a batch of one image in [0, 1]."""
    contiguous = np.ascontiguousarray(levels.transpose(2, 0, 1))
    return torch.from_numpy(contiguous)[None].to(dtype) / LEVELS


def to_bytes(images: Images) -> PhotoLevels:
    """The only image of a batch as a photo that can be stored, by the rule of `to_levels`."""
    (image,) = images.detach().cpu()
    levels = (image.clamp(0, 1) * LEVELS).round().to(torch.uint8)
    return np.ascontiguousarray(levels.permute(1, 2, 0).numpy())
