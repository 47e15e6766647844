"""What an attack's loop asks: gradients, verdicts, and when to stop."""

import copy
from collections.abc import Callable, Iterator
from typing import final

import torch
from torch import Tensor

from sublimen.attacks.ledger import Ledger, Limits, State
from sublimen.attacks.look import (
    Directions,
    Glance,
    Look,
    Measure,
    Penalty,
    along,
    among,
    every_way,
    loss,
    spread,
)
from sublimen.attacks.outcome import Outcome
from sublimen.attacks.passes import Passes, Shown
from sublimen.attacks.problem import Problem
from sublimen.attacks.slopes import slopes_at
from sublimen.attacks.streams import normal, uniform
from sublimen.attacks.view import View
from sublimen.imaging.levels import to_levels
from sublimen.types import Chosen, Images, PerImage, Reached, Rows


@final
class Search:
    """The search on one batch. An attack's loop asks it for gradients and shows it the last step.

    There are two ways to use it. With `gradient`, an image that reaches the goal is recorded and
    leaves. With `look` and `offer`, the nearest candidate that is at the goal is kept, and an
    image goes on until the rounds are used up or the attack lets it `stop`.

    The model is only shown images that are still going (compaction), and gradients of the others
    are zero, so that loops need not care. One to which the model has no finite answer leaves as
    it came.

    Args:
        problem: What is lowered and who judges.
        images: The originals.
        seed: Seed of the random streams of the images.
        watch: Told the state before each round.
        limits: When it has to end, whatever the attack's settings say.
    """

    def __init__(
        self,
        problem: Problem,
        images: Images,
        *,
        seed: int = 0,
        watch: Callable[[State], None] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.problem = problem
        self.images = images.detach()
        self.seed = seed
        self._ledger = Ledger(
            problem, self.images, seed=seed, watch=watch, limits=limits or Limits()
        )
        self._passes = Passes(self._ledger)
        self._filters: tuple[Callable[[Images], Images], ...] = ()

    @property
    def going(self) -> bool:
        """Whether any image has not come to its end."""
        return len(self._ledger.rows) > 0

    @property
    def remaining(self) -> Reached:
        """Which images have not come to their end."""
        return self._ledger.going.clone()

    @property
    def used(self) -> float:
        """Share of the time limit that has gone, 0 without one."""
        return self._ledger.used

    def through(self, view: View) -> "Search":
        """The same search, with gradients taken through a view."""
        other = copy.copy(self)
        other._passes = self._passes.through(view)
        return other

    def filtered(self, change: Callable[[Images], Images]) -> "Search":
        """The same search, with whole gradients changed before the attack gets them."""
        other = copy.copy(self)
        other._filters = (*self._filters, change)
        return other

    def rounds(self, number: int) -> Iterator[int]:
        """Count rounds from 0 while any image is still going, `number` at most."""
        return self._ledger.rounds(number)

    def random(self) -> Images:
        """Numbers drawn evenly from [-1, 1), one for each sample, from each image's own stream."""
        return uniform(self.images, self._ledger.streams)

    def normal(self) -> Images:
        """Numbers of the normal distribution, one for each sample, from each image's stream."""
        return normal(self.images, self._ledger.streams)

    def gradient(
        self, candidates: Images, penalty: Penalty | None = None, *, scale: float = 1.0
    ) -> Images:
        """Gradient of each image's loss, zero for those that are at their end.

        The goal is looked at in the same forward pass (through a view: in one of its own); what
        seems to be there is rounded, as it would be published, and judged before it leaves.

        Args:
            candidates: One candidate for each image of the batch.
            penalty: Added to the loss.
            scale: Weight of the goal's own loss beside the penalty.

        Raises:
            ModelError: If the model's output changes its shape, or is finite for no image at all.
        """
        if not self.going:
            return torch.zeros_like(candidates)
        shown = self._passes.forward(candidates)
        points, rows = shown.points, shown.rows
        losses = shown.measured(loss)
        seems = shown.goal.reached(shown.seen) & self._passes.note(shown, losses)
        self._judge(points.detach()[seems], rows[seems])
        self._ledger.release(self._ledger.spent(self._passes.samples))
        slopes = scale * self._passes.slopes(shown, losses, loss)
        left = self._ledger.going[rows]
        if penalty is not None and left.any():
            slopes[left] += slopes_at(penalty, points[left], rows[left])
        return self._finished(self._spread(shown, slopes))

    def look(
        self,
        candidates: Images,
        distance: PerImage,
        of: Measure = loss,
        chosen: Reached | None = None,
    ) -> Look:
        """Look at candidates, keep those at the goal that are nearer than any before.

        An original that is at the goal as it came leaves.

        Args:
            candidates: One candidate for each image; those on the 8-bit lattice cost no verdict
                of their own where the problem is exact.
            distance: How far each candidate is, as it would be published; smaller is better.
            of: What the gradient is taken of.
            chosen: As in `offer`; zero and false for the others.

        Raises:
            ModelError: If the model's output changes its shape, or is finite for no image at all.
        """
        rows = None if chosen is None else among(self._ledger.rows, chosen)
        if not len(self._ledger.rows if rows is None else rows):
            zero = torch.zeros_like(distance)
            return Look(torch.zeros_like(candidates), zero, zero > 0)
        shown = self._passes.forward(candidates, rows)
        values = shown.measured(of)
        reached = self._passes.found(shown, distance, self._passes.samples)
        gradient = self._finished(self._spread(shown, self._passes.slopes(shown, values, of)))
        return Look(gradient, self._spread(shown, values.detach()), self._spread(shown, reached))

    def directions(self, candidates: Images, distance: PerImage) -> Directions:
        """Look at every way to the goal; each way costs a gradient.

        Args:
            candidates: As in `look`.
            distance: As in `look`.
        """
        shown = self._passes.forward(candidates)
        with torch.enable_grad():
            ways = shown.measured(every_way)
            each = ways.unbind(dim=1)
        reached = self._passes.found(shown, distance, len(each) * self._passes.samples)
        gradients = []
        for way, values in enumerate(each, 1):
            slopes = self._passes.slopes(shown, values, along(way - 1), retain=way < len(each))
            gradients.append(self._finished(self._spread(shown, slopes)))
        return Directions(
            self._spread(shown, ways.detach()),
            torch.stack(gradients),
            self._spread(shown, reached),
        )

    def expected(self, candidates: Images, of: Measure = loss) -> Look:
        """Look at candidates through the views alone; nothing is judged and nothing kept."""
        value, slopes, rows = self._passes.expected(candidates, of)
        gradient = self._finished(spread(slopes, rows, len(candidates)))
        return Look(gradient, spread(value, rows, len(candidates)), ~self.remaining)

    def offer(
        self, candidates: Images, distance: PerImage, chosen: Reached | None = None
    ) -> Reached:
        """Judge candidates as they would be published, by a forward pass; keep the nearest.

        Args:
            candidates: As in `look`.
            distance: As in `look`.
            chosen: Which images are asked about; all that are still going if not given.
        """
        rows = self._ledger.rows if chosen is None else among(self._ledger.rows, chosen)
        reached = self._passes.verdict(candidates[rows].detach(), rows)
        self._ledger.nearer(rows[reached], to_levels(candidates[rows[reached]].detach()), distance)
        return spread(reached, rows, len(candidates))

    def glance(
        self, candidates: Images, distance: PerImage, chosen: Reached | None = None
    ) -> Glance:
        """As `look`, but by a forward pass alone: by how much the goal is missed."""
        rows = self._ledger.rows if chosen is None else among(self._ledger.rows, chosen)
        if not len(rows):
            return Glance(torch.zeros_like(distance), torch.zeros_like(distance) > 0)
        with torch.no_grad():
            shown = self._passes.forward(candidates, rows)
        self._ledger.forwards[rows] += 1
        values = self._spread(shown, shown.goal.excess(shown.seen))
        return Glance(values, self._spread(shown, self._passes.found(shown, distance, 0)))

    def slopes(self, of: Penalty, candidates: Images) -> Images:
        """Gradient of a loss that takes a network of its own, such as of features; counted."""
        return self._finished(self._passes.own(of, candidates))

    def count(self, forwards: int) -> None:
        """Note forward passes that an attack itself has made for each image still going."""
        self._ledger.forwards[self._ledger.rows] += forwards

    def stop(self, chosen: Reached) -> None:
        """Let some images leave with the best that they have."""
        self._ledger.release(among(self._ledger.rows, chosen))

    def nested(self, rows: Rows) -> "Search":
        """A search of its own on some images: the same seed, and what is left of the limits."""
        left = self._ledger.left(rows)
        return Search(self.problem.at(rows), self.images[rows], seed=self.seed, limits=left)

    def absorb(self, outcome: Outcome, rows: Rows, distance: PerImage) -> None:
        """Take over what another search has found for some images, and its cost.

        Args:
            outcome: What was found for those images.
            rows: Their places in this batch.
            distance: How far each of the outcome's images is; smaller is better.
        """
        ledger = self._ledger
        ledger.gradients[rows] += outcome.gradients
        ledger.forwards[rows] += outcome.forwards
        whole = ledger.loss.new_full((len(self.images),), torch.inf).index_copy(0, rows, distance)
        ledger.note_slopes(spread(outcome.images - outcome.originals, rows, len(self.images)))
        reached = outcome.reached
        self._ledger.nearer(rows[reached], outcome.images[reached], whole)

    def judge(self, candidates: Images) -> None:
        """Judge candidates of the images that are still going, as they would be published."""
        self._judge(candidates[self._ledger.rows].detach(), self._ledger.rows)

    def finish(self, candidates: Images) -> None:
        """Judge the last candidates, and look at the loss of those that are not at the goal."""
        self.judge(candidates)
        if not self.going:
            return
        with torch.no_grad():
            shown = self._passes.forward(candidates)
            self._passes.note(shown, shown.goal.loss(shown.seen))
        self._ledger.forwards[shown.rows] += 1

    def outcome(self) -> Outcome:
        """What was found."""
        return self._ledger.outcome()

    def _spread(self, shown: Shown, values: Tensor) -> Tensor:
        return spread(values, shown.rows, len(self.images))

    def _judge(self, points: Chosen, rows: Rows) -> None:
        """Record and release what is at the goal when published."""
        reached = self._passes.verdict(points, rows)
        if reached.any():
            self._ledger.reach(rows[reached], to_levels(points[reached]))
            self._ledger.release(rows[reached])

    def _finished(self, gradient: Images) -> Images:
        """The gradient as an attack gets it; images where it is not finite are given up."""
        if not gradient.sum().isfinite():
            broken = ~gradient.isfinite().flatten(1).all(dim=1)
            if broken.any():
                self._ledger.drop(broken.nonzero().flatten(), "gradients")
                gradient[broken] = 0
        self._ledger.note_slopes(gradient)
        for change in self._filters:
            gradient = change(gradient)
        return gradient
