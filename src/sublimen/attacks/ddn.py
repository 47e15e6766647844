"""Decoupled direction and norm."""

from dataclasses import dataclass
from typing import ClassVar, Final, Literal, final

import torch
from typing_extensions import override

from sublimen.attacks.base import Attack
from sublimen.attacks.lengths import annealed, lengths, times, unit_length
from sublimen.attacks.search import Search
from sublimen.checks import at_least, positive
from sublimen.errors import SettingError
from sublimen.imaging.levels import to_levels

LAST: Final = 0.01
"""Step after all turns as a fraction of the first."""


@final
@dataclass(frozen=True, kw_only=True)
class Ddn(Attack):
    """Steps of the direction, on a sphere that shrinks at the goal and grows before it.

        d_{k+1} = z_k - x - a_k g / |g|_2,    g = grad L(Q(z_k))
        e_{k+1} = (1 - gamma) e_k  where Q(z_k) is at the goal,    (1 + gamma) e_k  else
        z_{k+1} = clip(x + e_{k+1} d_{k+1} / |d_{k+1}|_2),    z_0 = x

    where L is lowered by the adversary, Q rounds to 8-bit levels, clip keeps z in [0, 1], the
    radius e is at most what [0, 1] leaves room for, and the step a_k falls along half a cosine to
    a hundredth. The nearest Q(z) at the goal is the result; there is no budget.

    Args:
        steps: Number of steps, at least 1.
        step_size: First step a_0, in the unit of the images as a Euclidean length, above 0.
        radius: First radius e_0, in the same unit, above 0.
        gamma: Change of the radius in a step as a fraction of it, in (0, 1).
        rounded: `copy` keeps z itself unrounded and shows the model its rounded copy, so that
            changes below half a level add up; `iterate` rounds z itself after each step, as
            published, which forgets them.

    References:
        Rony, Hafemann, Oliveira, Ben Ayed, Sabourin, Granger, "Decoupling direction and norm for
        efficient gradient-based L2 adversarial attacks and defenses", CVPR 2019, algorithm 1. The
        copy is ours; and where the gradient is zero the direction stays, while the authors'
        program draws one.
    """

    name: ClassVar[str] = "ddn"

    steps: int = 100
    step_size: float = 1.0
    radius: float = 1.0
    gamma: float = 0.05
    rounded: Literal["copy", "iterate"] = "copy"

    def __post_init__(self) -> None:
        at_least(1, steps=self.steps)
        positive(step_size=self.step_size, radius=self.radius)
        if not 0 < self.gamma < 1:
            raise SettingError(f"gamma must be in (0, 1), got {self.gamma}")
        if self.rounded not in {"copy", "iterate"}:
            raise SettingError(f"rounded must be copy or iterate, got {self.rounded!r}")

    @override
    def perturb(self, search: Search) -> None:
        images = adversarial = search.images
        room = lengths(torch.maximum(images, 1 - images))
        radius = torch.full_like(room, self.radius)
        for turn in search.rounds(self.steps):
            shown = to_levels(adversarial)
            look = search.look(shown, lengths(shown - images))
            step = annealed(turn, self.steps, self.step_size, LAST * self.step_size)
            change = adversarial - images - step * unit_length(look.gradient)
            radius = radius * torch.where(look.reached, 1 - self.gamma, 1 + self.gamma)
            radius = radius.minimum(room)
            adversarial = (images + times(unit_length(change), radius)).clamp(0, 1)
            if self.rounded == "iterate":
                adversarial = to_levels(adversarial)
        shown = to_levels(adversarial)
        search.offer(shown, lengths(shown - images))
