"""The fast minimum-norm attack."""

import math
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, final

import torch
from typing_extensions import override

from sublimen.attacks.base import Attack
from sublimen.attacks.lengths import annealed, lengths, times, unit_length
from sublimen.attacks.look import excess
from sublimen.attacks.search import Search
from sublimen.checks import at_least, positive
from sublimen.errors import SettingError
from sublimen.imaging.levels import to_levels
from sublimen.types import Images, PerImage

LAST: Final = 0.01
"""Step after all turns as a fraction of the first."""

FLAT: Final = 1e-12
"""Least norm of a slope by which an excess is divided."""

NORMS: Final = {"l2": (2.0, 2.0), "linf": (math.inf, 1.0)}
"""Order of each norm and of its dual."""


@final
@dataclass(frozen=True, kw_only=True)
class Fmn(Attack):
    """Steps inside a ball whose radius follows the border of the goal.

        z_{k+1} = clip(x + project(z_k - x - a_k g / |g|_2, e_{k+1})),    g = grad h(Q(z_k))
        e_{k+1} = min((1 - c_k) e_k, least |z_j - x| at the goal)  where Q(z_k) is at the goal,
                  (1 + c_k) e_k                                    else, once one was,
                  |z_k - x| + |h| / |g|_dual                       before

    where h is the goal's excess, z_0 = x, Q rounds to 8-bit levels, the norm |.| is L2 or Linf
    with its dual L2 or L1, project leads to the nearest point of the ball, and the step a_k and
    the change c_k fall along half a cosine. The nearest Q(z) at the goal is the result; there is
    no budget.

    Args:
        norm: What is minimal: `l2`, the Euclidean length, or `linf`, the largest change.
        steps: Number of steps, at least 1.
        step_size: First step a_0, in the unit of the images as a Euclidean length, above 0; it
            falls to a hundredth.
        gamma: First change c_0 of the radius as a fraction of it, in (0, 1).
        last_gamma: What it falls to, in (0, gamma].
        rounded: `copy` shows the model the rounded copy of z, so that the radius follows the
            border of what can be published; `result` shows it z itself, as published, and
            rounds what is to be kept.

    References:
        Pintor, Roli, Brendel, Biggio, "Fast minimum-norm adversarial attacks through adaptive
        norm constraints", NeurIPS 2021, algorithm 1. The copy is ours.
    """

    name: ClassVar[str] = "fmn"

    norm: Literal["l2", "linf"] = "l2"
    steps: int = 100
    step_size: float = 1.0
    gamma: float = 0.05
    last_gamma: float = 0.001
    rounded: Literal["copy", "result"] = "copy"

    def __post_init__(self) -> None:
        at_least(1, steps=self.steps)
        positive(step_size=self.step_size)
        if self.norm not in NORMS:
            raise SettingError(f"norm must be one of {', '.join(NORMS)}, got {self.norm!r}")
        if not 0 < self.last_gamma <= self.gamma < 1:
            raise SettingError(
                "gamma and last_gamma must be in (0, 1), the last no larger, "
                f"got {self.gamma} and {self.last_gamma}"
            )
        if self.rounded not in {"copy", "result"}:
            raise SettingError(f"rounded must be copy or result, got {self.rounded!r}")

    @override
    def perturb(self, search: Search) -> None:
        order, dual = NORMS[self.norm]
        images = adversarial = search.images
        room = lengths(torch.maximum(images, 1 - images), order)
        nearest, radius = room, torch.full_like(room, math.inf)
        found = torch.zeros_like(room, dtype=torch.bool)
        for turn in search.rounds(self.steps):
            published = to_levels(adversarial)
            shown = published if self.rounded == "copy" else adversarial
            look = search.look(shown, lengths(published - images, order), of=excess)
            there = look.reached if self.rounded == "copy" else look.value <= 0
            change = adversarial - images
            length = lengths(change, order)
            nearest = torch.where(there, nearest.minimum(length), nearest)
            found = found | there
            gamma = annealed(turn, self.steps, self.gamma, self.last_gamma)
            border = length + look.value.abs() / lengths(look.gradient, dual).clamp(min=FLAT)
            outwards = torch.where(found, (1 + gamma) * radius, border)
            radius = torch.where(there, nearest.minimum((1 - gamma) * radius), outwards)
            radius = radius.minimum(room)
            step = annealed(turn, self.steps, self.step_size, LAST * self.step_size)
            change = self.project(change - step * unit_length(look.gradient), radius)
            adversarial = (images + change).clamp(0, 1)
        published = to_levels(adversarial)
        search.offer(published, lengths(published - images, order))

    def project(self, changes: Images, radius: PerImage) -> Images:
        """The nearest changes inside balls of those radii."""
        if self.norm == "linf":
            limit = radius.view(-1, 1, 1, 1)
            return changes.clamp(-limit, limit)
        return times(unit_length(changes), lengths(changes).minimum(radius))
