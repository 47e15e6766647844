"""DeepFool."""

from dataclasses import dataclass
from typing import ClassVar, Final, final

import torch
from typing_extensions import override

from sublimen.attacks.base import Attack
from sublimen.attacks.lengths import lengths, times, unit_length
from sublimen.attacks.look import Directions
from sublimen.attacks.search import Search
from sublimen.checks import at_least, positive
from sublimen.imaging.levels import to_levels
from sublimen.types import Images, PerImage, Reached

NUDGE: Final = 1e-4
"""Added to the length of each step, in the unit of the images, as in the authors' program."""

GROWTH: Final = 1.2
"""Factor by which a change that rounding has undone is made longer."""

GROWTHS: Final = 15
"""How often at most."""


@final
@dataclass(frozen=True, kw_only=True)
class DeepFool(Attack):
    """Steps to the border that is nearest if the model were linear.

        z_k = clip(x + (1 + overshoot) r_k),    r_0 = 0
        r_{k+1} = r_k - (d_i + 1e-4) grad h_i / |grad h_i|_2
        i = argmin d,    d_i = |h_i| / |grad h_i|_2

    where h_i is the excess along the i-th way to the goal, taken at z_k, and clip keeps z in
    [0, 1]. Away from a label the ways are the ten classes with the largest other logits, and each
    of them costs a gradient in each step; every other goal has one way.

    An image stops at the first z at the goal. Where its rounded copy is not there, the change is
    made longer by a fifth, by forward passes alone, until one is: the longer it is, the more
    samples come to their next level, those with the largest slopes first. If none is, the steps
    go on with the rounded copy shown to the model in place of z.

    Args:
        steps: Number of steps at most, at least 1.
        overshoot: How far beyond the border, as a fraction of the way, above 0.

    References:
        Moosavi-Dezfooli, Fawzi, Frossard, "DeepFool: a simple and accurate method to fool deep
        neural networks", CVPR 2016, algorithm 2. What is done about rounding is ours, and so is
        clip.
    """

    name: ClassVar[str] = "deep-fool"

    steps: int = 50
    overshoot: float = 0.02

    def __post_init__(self) -> None:
        at_least(1, steps=self.steps)
        positive(overshoot=self.overshoot)

    @override
    def perturb(self, search: Search) -> None:
        images = search.images
        change = torch.zeros_like(images)
        copied = torch.zeros_like(search.remaining)
        for _ in search.rounds(self.steps):
            adversarial = self._along(images, change)
            shown = torch.where(copied.view(-1, 1, 1, 1), to_levels(adversarial), adversarial)
            found = search.directions(shown, _far(shown, images))
            crossed = (found.values <= 0).any(dim=1) & search.remaining
            lost = self._grow(search, change, crossed & ~found.reached & ~copied)
            copied = copied | lost
            search.stop(crossed & ~lost)
            change = change + shortest(found)
        adversarial = self._along(images, change)
        lost = ~search.offer(adversarial, _far(adversarial, images))
        self._grow(search, change, lost & search.remaining)

    def _along(self, images: Images, change: Images) -> Images:
        return (images + (1 + self.overshoot) * change).clamp(0, 1)

    def _grow(self, search: Search, change: Images, lost: Reached) -> Reached:
        """Go further along the change until what is published is at the goal; where it never is."""
        images = search.images
        for _ in range(GROWTHS):
            if not lost.any():
                break
            change = GROWTH * change
            adversarial = self._along(images, change)
            lost = lost & ~search.offer(adversarial, _far(adversarial, images), lost)
        return lost


def shortest(found: Directions) -> Images:
    """The step to the nearest border of a linear model; none where no way has a slope."""
    slopes = torch.linalg.vector_norm(found.gradients.flatten(2), dim=2).T
    nearest = (found.values.abs() / slopes).min(dim=1)
    gradient = found.gradients[nearest.indices, torch.arange(len(slopes), device=slopes.device)]
    length = torch.where(nearest.values.isfinite(), nearest.values + NUDGE, 0)
    return times(unit_length(gradient), -length)


def _far(adversarial: Images, images: Images) -> PerImage:
    """Euclidean length of the change that would be published."""
    return lengths(to_levels(adversarial) - images)
