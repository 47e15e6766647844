"""Success that outlives JPEG: the problem whose verdict is on the decoded file."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, final

import torch
from typing_extensions import override

from sublimen.attacks.goal import Goal
from sublimen.attacks.problem import Problem
from sublimen.checks import at_least
from sublimen.errors import SettingError
from sublimen.imaging.jpeg import jpeg
from sublimen.imaging.levels import from_bytes, to_bytes
from sublimen.types import Images, Output, Reached, Rows


@final
@dataclass(frozen=True)
class Survival(Problem):
    """A recogniser that is shown images after JPEG.

        y = f(d(z)),    dy/dz = f'(d(z))

    where d rounds, encodes and decodes, and its own slope is taken as 1: where JPEG rounds a
    change away, an attack that follows the loss sees that nothing is gained yet.

    Args:
        model: Maps images in [0, 1] to logits or embeddings.
        goal: What the adversary wants.
        quality: Pillow's JPEG quality, 4:2:0, in [1, 100].

    References:
        Athalye, Carlini, Wagner, "Obfuscated gradients give a false sense of security", ICML 2018,
        section 4.1 (the straight-through slope).
    """

    exact: ClassVar[bool] = False

    model: Callable[[Images], Output]
    goal: Goal
    quality: int

    def __post_init__(self) -> None:
        at_least(1, quality=self.quality)
        if self.quality > 100:
            raise SettingError(f"quality must be at most 100, got {self.quality}")

    @override
    def output(self, images: Images) -> Output:
        decoded = recompressed(images.detach(), self.quality)
        return self.model(images + (decoded - images.detach()))

    @override
    @torch.no_grad()
    def reached(self, images: Images) -> Reached:
        return self.goal.reached(self.model(recompressed(images, self.quality)))

    @override
    def at(self, rows: Rows) -> "Survival":
        return Survival(self.model, self.goal.at(rows), self.quality)


def recompressed(images: Images, quality: int) -> Images:
    """What JPEG leaves of each image.

    Args:
        images: Images; they are rounded to 8 bits first.
        quality: Pillow's quality, 4:2:0, in [1, 100].
    """
    decoded = [from_bytes(jpeg(to_bytes(one), quality)) for one in images.chunk(len(images))]
    return torch.cat(decoded).to(images)
