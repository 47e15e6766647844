"""Changes of equal visibility: each scaled until the meters read what is wanted."""

from collections.abc import Callable
from typing import Final

import torch

from sublimen.imaging.levels import to_levels
from sublimen.types import Images

WIDEST: Final = 5.0
"""A change is enlarged or reduced at most 2^5 times."""

HALVINGS: Final = 8
"""How often the interval of exponents is halved: to 2^(1/26)."""


def scaled(
    images: Images, adversarial: Images, limit: float, reading: Callable[[Images, Images], float]
) -> Images:
    """Each change multiplied by the largest factor found at which it reads at most `limit`.

        z' = round(x + s (z - x)),    s in [1/32, 32] by bisection of its logarithm

    An image that was not changed stays as it is, and so does one of which even 1/32 of the change
    reads more: it becomes the original.

    Args:
        images: Originals.
        adversarial: The changed images.
        limit: Just noticeable differences, above 0.
        reading: JND between one original and one changed image.
    """
    pairs = zip(images.chunk(len(images)), adversarial.chunk(len(images)), strict=True)
    return torch.cat([_scaled(one, other, limit, reading) for one, other in pairs])


def _scaled(
    image: Images, other: Images, limit: float, reading: Callable[[Images, Images], float]
) -> Images:
    best, low, high = image, -WIDEST, WIDEST
    if torch.equal(image, other):
        return best
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        candidate = to_levels(image + 2.0**middle * (other - image))
        if reading(image, candidate) <= limit:
            best, low = candidate, middle
        else:
            high = middle
    return best
