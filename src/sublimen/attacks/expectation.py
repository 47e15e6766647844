"""Expectation over transformations."""

from dataclasses import dataclass, field
from typing import Literal, final

from torch import Tensor
from typing_extensions import override

from sublimen.attacks.transformations import (
    Brightness,
    Chained,
    Cropping,
    Downscaling,
    Jpeg,
    Noise,
)
from sublimen.attacks.view import Draw, View
from sublimen.checks import at_least
from sublimen.errors import SettingError
from sublimen.types import Images


def everyday() -> tuple[View, ...]:
    """What happens to pictures that are sent and shown."""
    return (Jpeg(), Downscaling(), Cropping(), Noise(), Brightness())


@final
@dataclass(frozen=True, kw_only=True)
class Expectation(View):
    """The mean gradient over what may happen to a picture.

        G = (grad L(t_1(z)) + ... + grad L(t_n(z))) / n,    t_i drawn anew for each gradient

    The verdict is that on the picture as it is, so that an attack still ends at the first success
    of the picture itself; a goal with a margin makes it go on.

    Args:
        transforms: What may happen, at least one; each with the draws of its own.
        samples: Draws n of which a gradient is the mean, at least 1; each costs a gradient.
        each: Whether a draw is one of them, evenly by chance for each image, or `all` in turn.

    References:
        Athalye, Engstrom, Ilyas, Kwok, "Synthesizing robust adversarial examples", ICML 2018,
        section 2.1. The transforms are ours.
    """

    transforms: tuple[View, ...] = field(default_factory=everyday)
    samples: int = 8
    each: Literal["one", "all"] = "one"

    def __post_init__(self) -> None:
        at_least(1, samples=self.samples)
        if not self.transforms:
            raise SettingError("transforms must hold at least one view, got none")
        if self.each not in {"one", "all"}:
            raise SettingError(f"each must be one or all, got {self.each!r}")

    @property
    @override
    def transparent(self) -> bool:
        return False

    @override
    def see(self, images: Images, draw: Draw) -> Tensor:
        if self.each == "all":
            return Chained(views=self.transforms).see(images, draw)
        return self._picked(images, draw)

    def _picked(self, images: Images, draw: Draw) -> Tensor:
        """Each image through one of the transforms."""
        picks = (draw.uniform() * len(self.transforms)).floor()
        seen = images
        for number, transform in enumerate(self.transforms):
            rows = (picks == number).nonzero().flatten()
            if len(rows):
                seen = seen.index_copy(0, rows, transform.see(images[rows], draw.at(rows)))
        return seen
