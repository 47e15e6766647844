"""The smallest budget with which another attack succeeds."""

from dataclasses import dataclass, field
from typing import ClassVar, final

import torch
from typing_extensions import override

from sublimen.attacks.base import Attack
from sublimen.attacks.bim import Bim
from sublimen.attacks.budget import TOLERANCE, Linf, Radius
from sublimen.attacks.function import within
from sublimen.attacks.search import Search
from sublimen.checks import at_least
from sublimen.errors import ModelError, SettingError
from sublimen.types import LEVELS, Images, PerImage, Rows


@final
@dataclass(frozen=True, kw_only=True)
class SmallestBudget(Attack):
    """Another attack, for each image with the least whole number of levels that it succeeds with.

    Budgets of 1, 2, 4, ... levels are tried until one succeeds, then those between the largest
    failure and the smallest success are halved. An image that was found with a smaller change
    than its budget allows counts with that change. Images are attacked together, each with the
    budget that is its turn, and leave when theirs is known.

    Attacks with a fixed budget are only to be compared by the quality that they leave in this
    way: otherwise it is that of the budget.

    Args:
        inner: An attack with a budget, or a wrapper of one; its budget is not used.
        most: Largest budget in 8-bit levels, in [1, 255].

    References:
        Carlini, Athalye, Papernot, Brendel, Rauber, Tsipras, Goodfellow, Madry, Kurakin, "On
        evaluating adversarial robustness", 2019, section 5 (smallest distance by a search over
        budgets). The order of the search, and whole levels, are ours.
    """

    name: ClassVar[str] = "smallest-budget"

    inner: Attack = field(default_factory=Bim)
    most: int = 64

    def __post_init__(self) -> None:
        at_least(1, most=self.most)
        if self.most > LEVELS:
            raise SettingError(f"most must be at most {LEVELS} levels, got {self.most}")
        within(self.inner, Linf(1.0))

    @override
    def perturb(self, search: Search) -> None:
        trial = search.images.new_ones(len(search.images))
        failed, reached = torch.zeros_like(trial), torch.full_like(trial, torch.inf)
        for turn in search.rounds(2 * self.most.bit_length() + 1):
            levels = self._levels(search, trial, first=turn == 0)
            failed = torch.where(levels.isinf(), trial, failed)
            reached = reached.minimum(levels)
            search.stop((reached - failed <= 1) | (failed >= self.most))
            between = ((failed + reached) / 2).floor()
            trial = torch.where(reached.isinf(), 2 * trial, between).clamp(max=self.most)

    def _levels(self, search: Search, trial: PerImage, *, first: bool) -> PerImage:
        """Levels of the change that is found within so many; infinite where none is."""
        rows = search.remaining.nonzero().flatten()
        found = self._found(search, rows, trial[rows] / LEVELS, first=first)
        return torch.full_like(trial, torch.inf).index_copy(0, rows, found)

    def _found(self, search: Search, rows: Rows, radius: PerImage, *, first: bool) -> PerImage:
        nested = search.nested(rows)
        values: Images = radius.view(-1, 1, 1, 1).expand_as(nested.images)
        try:
            within(self.inner, Radius(values)).perturb(nested)
        except ModelError:
            if first:
                raise  # later, only images that have no finite answer at all are left
        outcome = nested.outcome()
        change = (outcome.images - outcome.originals).abs().flatten(1).amax(dim=1)
        levels = (change * LEVELS - TOLERANCE).ceil().clamp(min=1)
        search.absorb(outcome, rows, levels)
        return torch.where(outcome.reached, levels, torch.inf)
