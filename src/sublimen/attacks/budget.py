"""How far each sample may move: a box around each image."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Final, final

from torch import Tensor
from typing_extensions import override

from sublimen.checks import fraction, positive
from sublimen.errors import ImageError, SettingError
from sublimen.jnd.base import JndModel
from sublimen.types import LEVELS, Images

TOLERANCE: Final = 1e-3
"""Part of a level by which a radius may fall short of a whole one by its arithmetic."""


class Budget(ABC):
    """A box around each image.

    What is published is rounded to 8-bit levels. `Linf` and `JndBox` therefore only give away
    whole levels: then rounding does not lead out of the box of an image that is on the lattice
    itself (any other may come to lie up to half a level outside).
    """

    @abstractmethod
    def radius(self, images: Images) -> Images:
        """How far each sample may move, at least 0, in the unit of the images; shaped like them."""


@final
@dataclass(frozen=True)
class Linf(Budget):
    """The same distance for every sample.

    Args:
        epsilon: Distance in the unit of the images, in [1/255, 1]; parts of a level are not used.
    """

    epsilon: float

    def __post_init__(self) -> None:
        fraction(epsilon=self.epsilon)
        if self.epsilon * LEVELS < 1 - TOLERANCE:
            raise SettingError(
                f"epsilon must be at least one 8-bit level, 1/255, got {self.epsilon}; "
                "a saved file cannot hold less"
            )

    @override
    def radius(self, images: Images) -> Images:
        return whole_levels(images.new_full(images.shape, self.epsilon))


@final
@dataclass(frozen=True)
class JndBox(Budget):
    """As much as people do not notice, by a JND model.

    Args:
        jnd: Model of what people notice.
        limit: How many times its map a sample may move, above 0; parts of a level are not used.
    """

    jnd: JndModel
    limit: float = 1.0

    def __post_init__(self) -> None:
        positive(limit=self.limit)

    @override
    def radius(self, images: Images) -> Images:
        return whole_levels(self.limit * self.jnd(images))


@final
@dataclass(frozen=True, eq=False)
class Radius(Budget):
    """A ready map, taken as it is: rounding may lead out of it by up to half a level.

    Args:
        values: How far each sample may move, in the unit of the images, at least 0 and finite.
    """

    values: Tensor

    def __post_init__(self) -> None:
        if not (self.values.isfinite().all() and (self.values >= 0).all()):
            raise ImageError("radius must be at least 0 and finite, got NaN, infinity or less")

    @override
    def radius(self, images: Images) -> Images:
        if self.values.shape != images.shape:
            raise ImageError(
                f"radius must have the shape of the images, {tuple(images.shape)}, "
                f"got {tuple(self.values.shape)}"
            )
        return self.values


def whole_levels(radius: Images) -> Images:
    """The largest whole number of 8-bit levels in each sample's radius.

    Example:
        >>> import torch
        >>> whole_levels(torch.full((1, 1, 1, 1), 2.7 / 255)).mul(255).round().item()
        2.0
    """
    return (radius * LEVELS + TOLERANCE).floor() / LEVELS


def project(candidates: Images, images: Images, radius: Images) -> Images:
    """The nearest points inside the box around the images and inside [0, 1]."""
    return candidates.clamp(images - radius, images + radius).clamp(0, 1)
