"""The fast gradient value method."""

from dataclasses import dataclass
from typing import ClassVar, Final, final

import torch
from typing_extensions import override

from sublimen.attacks.base import Attack
from sublimen.attacks.bracket import Bracket
from sublimen.attacks.lengths import lengths, times, unit_maximum
from sublimen.attacks.search import Search
from sublimen.checks import at_least
from sublimen.imaging.levels import to_levels
from sublimen.types import LEVELS, Images

FIRST: Final = 1 / LEVELS
"""First scale that is tried: the sample with the steepest slope moves by one level."""


@final
@dataclass(frozen=True, kw_only=True)
class Fgv(Attack):
    """One step along the gradient itself, no longer than the goal takes.

        z = Q(x - s g / max |g|),    g = grad L(x),    s the least at which z is at the goal

    where L is lowered by the adversary and Q rounds to 8-bit levels in [0, 1]. The scale s is
    doubled from one level up to the whole range, then bisected, by forward passes alone; the z
    with the least Euclidean change is the result.

    Args:
        searches: Scales that are tried at most, at least 1; nine lead to the whole range.

    References:
        Rozsa, Rudd, Boult, "Adversarial diversity and hard positive generation", CVPR workshops
        2016 (fast gradient value, and the line search for the least scale). Trials on rounded
        images, their order and their number are ours.
    """

    name: ClassVar[str] = "fgv"

    searches: int = 16

    def __post_init__(self) -> None:
        at_least(1, searches=self.searches)

    @override
    def perturb(self, search: Search) -> None:
        images = search.images
        for _ in search.rounds(1):
            look = search.look(images, lengths(to_levels(images) - images))
            self._shorten(search, unit_maximum(look.gradient))

    def _shorten(self, search: Search, direction: Images) -> None:
        """Try scales of the step, and keep the least that is at the goal."""
        scales = Bracket.of(direction.new_full(direction.shape[:1], FIRST))
        for _ in range(self.searches):
            shown = to_levels(search.images - times(direction, scales.trial.clamp(max=1)))
            reached = search.offer(shown, lengths(shown - search.images))
            search.stop(~reached & (scales.trial >= 1) & torch.isinf(scales.reached))
            scales = scales.after(reached, growth=2)
