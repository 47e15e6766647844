"""Ours: recognisers made unsure in expectation, with visibility itself as the constraint."""

from dataclasses import dataclass, field
from typing import ClassVar, Final, final

import torch
from torch.nn.functional import softplus
from typing_extensions import override

from sublimen.attacks.base import Attack
from sublimen.attacks.budget import Budget, JndBox, project
from sublimen.attacks.distances import Distance, From, Seen
from sublimen.attacks.goal import Goal
from sublimen.attacks.lengths import annealed, times, unit_length
from sublimen.attacks.search import Search
from sublimen.attacks.uploads import Upload
from sublimen.attacks.view import View
from sublimen.checks import at_least, positive
from sublimen.errors import SettingError
from sublimen.imaging.levels import to_levels
from sublimen.jnd.hvs_sd import HvsSd
from sublimen.types import LEVELS, Images, Output, PerImage

TINY: Final = 1e-12
"""Keeps quotients finite."""

LAST: Final = 0.02
"""Last step over the first."""

HEAVIEST: Final = 1.5
"""Largest reading over the allowed one that counts."""

POWER: Final = 2.0
"""How fast the weight of the reading's slope grows with the reading."""

START: Final = 0.5
"""Levels by which the search starts beside the original, which is a summit."""

MOST: Final = 2.0
"""Largest factor by which the change is enlarged at the end."""

HALVINGS: Final = 6
"""Halvings of that factor's range."""


@final
@dataclass(frozen=True, kw_only=True)
class Sublimen(Attack):
    """As little confidence as a visibility allows, in expectation over what an upload does.

        C(d) = mean_k T softplus((m_k(t(x + d)) + b) / T),    t drawn anew in each step
        g_k = dC / |dC| + min(V / v, 1.5)^2 dV / |dV|
        d_{k+1} = P(d_k - a_k Adam(g_k))

    where m_k is by how much recogniser k's goal is missed, over its scale; V the reading of the
    change in `seen`; P the projection into the box and into [0, 1]; and a_k falls along half a
    cosine. In the end the change is scaled until its rounded copy reads just v. The two slopes
    count as directions only, so that no multiplier needs a schedule: where they oppose each
    other at a reading of v, nothing is left to be gained. Early on the reading may well exceed v;
    a search that is kept below from the start ends worse. The softplus gives recognisers whose
    goal is exceeded less and less weight beside the others.

    The goal is looked at in the end alone: all of what may be seen is used, also where less would
    have reached it. Under a time limit a_k falls with the time, and what is there counts.

    Args:
        visibility: Most that the published change may read, v, in the unit of `seen` (JND for
            the meter), above 0.
        seen: The reading.
        budget: How far each sample may move, whatever the reading says.
        view: What is drawn in each step.
        steps: Number of steps, at least 1.
        step_size: First step a_0, in the unit of the images, above 0.
        beyond: How far beyond a goal confidence goes on to fall, b, as a share of its scale, at
            least 0.
        temperature: Of the softplus, T, above 0.
        momentum: Decay of the mean of the slopes in Adam, in [0, 1).
        scaling: Decay of the mean of their squares, in [0, 1).

    References:
        Ours, 2026. Adam: Kingma, Ba, ICLR 2015. Expectation over transformations: Athalye,
        Engstrom, Ilyas, Kwok, ICML 2018.
    """

    name: ClassVar[str] = "sublimen"

    visibility: float = 1.0
    seen: Distance = field(default_factory=Seen)
    budget: Budget = field(default_factory=lambda: JndBox(HvsSd(), limit=3.0))
    view: View = field(default_factory=Upload)
    steps: int = 60
    step_size: float = 1 / 255
    beyond: float = 0.3
    temperature: float = 0.1
    momentum: float = 0.8
    scaling: float = 0.99

    def __post_init__(self) -> None:
        at_least(1, steps=self.steps)
        at_least(0, beyond=self.beyond)
        positive(visibility=self.visibility, step_size=self.step_size, temperature=self.temperature)
        for name, decay in (("momentum", self.momentum), ("scaling", self.scaling)):
            if not 0 <= decay < 1:
                raise SettingError(f"{name} must be in [0, 1), got {decay}")

    @override
    def perturb(self, search: Search) -> None:
        images = search.images
        reading, radius = self.seen.to(images), self.budget.radius(images)
        change = self._found(search, reading, radius)
        search.finish(self._as_seen(reading, images, change, radius))

    def change(self, search: Search) -> Images:
        """What a search ends with, neither scaled nor rounded, and judged by nobody.

        For those who scale it by another reading, such as that of a file: what has been rounded
        once can no longer be scaled by less than whole levels. Nothing for an image that was at
        the goal as it came, or to which the model had no finite answer.

        Args:
            search: The search on a batch.
        """
        images = search.images
        change = self._found(search, self.seen.to(images), self.budget.radius(images))
        return times(change, search.remaining.to(change))

    def _found(self, search: Search, reading: From, radius: Images) -> Images:
        images = search.images
        search.judge(images)
        shown = search.through(self.view)
        change = project(images + START / LEVELS * search.random(), images, radius) - images
        mean = squares = torch.zeros_like(images)
        for turn in search.rounds(self.steps):
            look = shown.expected(images + change, of=self.confidence)
            seen, slope = _read(reading, images + change)
            weight = (seen / self.visibility).clamp(max=HEAVIEST) ** POWER
            direction = unit_length(look.gradient) + times(unit_length(slope), weight)
            mean = self.momentum * mean + (1 - self.momentum) * direction
            squares = self.scaling * squares + (1 - self.scaling) * direction.square()
            gone = max(turn / self.steps, search.used)
            step = annealed(gone, 1, self.step_size, LAST * self.step_size)
            level = (squares / (1 - self.scaling ** (turn + 1))).sqrt()
            change = change - step * mean / (1 - self.momentum ** (turn + 1)) / (level + TINY)
            change = project(images + change, images, radius) - images
        return change

    def confidence(self, goal: Goal, output: Output) -> PerImage:
        """How sure the recognisers are, C."""
        missed = (goal.misses(output) + self.beyond) / self.temperature
        return self.temperature * softplus(missed).mean(dim=1)

    def _as_seen(self, reading: From, images: Images, change: Images, radius: Images) -> Images:
        """The change times the largest factor whose rounded copy reads at most v."""
        rows = torch.arange(len(images), device=images.device)
        least, most = images.new_zeros(len(images)), images.new_full((len(images),), MOST)
        for _ in range(HALVINGS):
            middle = (least + most) / 2
            candidates = to_levels(project(images + times(change, middle), images, radius))
            with torch.no_grad():
                fits = reading(candidates, rows) <= self.visibility
            least, most = torch.where(fits, middle, least), torch.where(fits, most, middle)
        return to_levels(project(images + times(change, least), images, radius))


def _read(reading: From, candidates: Images) -> tuple[PerImage, Images]:
    """The reading of each candidate and its slope."""
    rows = torch.arange(len(candidates), device=candidates.device)
    with torch.enable_grad():
        points = candidates.detach().requires_grad_()
        values = reading(points, rows)
        slope: Images
        (slope,) = torch.autograd.grad(values.sum(), points)
    return values.detach(), slope
