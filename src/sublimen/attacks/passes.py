"""What goes through the model: forward passes, and gradients with respect to the images alone."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from sublimen.attacks.goal import Goal
from sublimen.attacks.ledger import Ledger
from sublimen.attacks.look import Measure, Penalty, spread
from sublimen.attacks.problem import Problem
from sublimen.attacks.slopes import check_differentiable, descend, slopes_at
from sublimen.attacks.streams import uniform
from sublimen.attacks.view import Draw, View
from sublimen.errors import ModelError
from sublimen.imaging.levels import to_levels
from sublimen.types import LEVELS, Chosen, Images, Output, PerImage, Reached, Rows


@final
@dataclass(frozen=True, eq=False)
class Shown:
    """What the model was shown, and what it answered.

    Args:
        points: Candidates of the images that are still going, leaves of a graph.
        rows: Their places in the batch.
        output: The answer, with its graph.
        goal: What is wanted of it.
    """

    points: Chosen
    rows: Rows
    output: Tensor
    goal: Goal

    @property
    def seen(self) -> Tensor:
        """The answer without its graph."""
        return self.output.detach()

    def measured(self, of: Callable[[Goal, Tensor], Tensor]) -> Tensor:
        """A measure of the answer, with its graph.

        Raises:
            ModelError: If it does not depend on the images in a way that autograd sees.
        """
        with torch.enable_grad():
            values = of(self.goal, self.output)
        check_differentiable(values)
        return values


@final
class Passes:
    """Passes of the images that are still going.

    Args:
        ledger: The books of the search.
        views: What gradients are taken through, the first nearest to the images.

    Attributes:
        samples: How many passes a gradient through all views costs.
    """

    def __init__(self, ledger: Ledger, views: tuple[View, ...] = ()) -> None:
        self.ledger = ledger
        self._views = views
        self._clear = all(view.transparent for view in views)
        self.samples = math.prod(view.samples for view in views)

    def through(self, view: View) -> "Passes":
        """The same, with gradients taken through one view more."""
        return Passes(self.ledger, (*self._views, view))

    def forward(self, candidates: Images, rows: Rows | None = None) -> Shown:
        """Show the model candidates of those that are still going, or of some of them.

        Raises:
            ModelError: If the output changes its shape.
        """
        ledger = self.ledger
        problem = ledger.remaining if rows is None else ledger.problem.at(rows)
        rows = ledger.rows if rows is None else rows
        points = candidates[rows].detach()
        with torch.enable_grad():
            points.requires_grad_()
            return Shown(points, rows, self._output(problem, points), problem.goal)

    def _output(self, problem: Problem, points: Chosen) -> Output:
        ledger = self.ledger
        output = problem.output(points)
        if ledger.outputs is None and output.ndim == 2 and len(output) == len(points):
            ledger.outputs = output.shape[1]
            problem.goal.check(output)
        if output.shape != (len(points), ledger.outputs):
            raise ModelError(
                f"model must answer {len(points)} x {ledger.outputs or 'some'} numbers, "
                f"got shape {tuple(output.shape)}; return one row of logits or features per image"
            )
        return output

    def note(self, shown: Shown, losses: PerImage) -> Reached:
        """Note losses, and give up on images without a finite one; where it is finite."""
        losses = losses.detach()
        finite = losses.isfinite()
        self.ledger.note(shown.rows, shown.points.detach(), losses)
        if not finite.all():
            self.ledger.drop(shown.rows[~finite], "outputs")
        return finite

    def verdict(self, points: Chosen, rows: Rows) -> Reached:
        """Whether points are at the goal when published, by a forward pass each."""
        if not len(rows):
            return torch.zeros_like(rows, dtype=torch.bool)
        self.ledger.forwards[rows] += 1
        return self.ledger.problem.at(rows).reached(to_levels(points))

    def slopes(
        self, shown: Shown, values: PerImage, of: Measure, *, retain: bool = False
    ) -> Chosen:
        """Slopes of a measure for the images that are still going; they are counted.

        Args:
            shown: Where the slopes are taken.
            values: The measure there.
            of: The measure.
            retain: Whether the graph of the values is needed again; the look itself is counted
                with the last slopes that are taken of it.
        """
        points, rows = shown.points, shown.rows
        left = self.ledger.going[rows]
        aside = left & shown.goal.on_summit(shown.seen)
        if aside.any():
            aside &= (points == self.ledger.images[rows]).flatten(1).all(dim=1)
        direct = left & ~aside & self._clear
        slopes = descend(values, points, direct, retain=retain)
        if not direct.all():
            slopes[~direct] = 0  # not NaN, which nothing times an infinite slope would be
        again = left & ~direct
        if again.any():
            slopes[again] = self._seen(self._beside(points, rows, aside)[again], rows[again], of)
        self.ledger.gradients[rows[left]] += self.samples
        if not retain:
            self.ledger.forwards[rows[~direct]] += 1
        return self._smoothed(slopes)

    def own(self, of: Penalty, candidates: Images) -> Images:
        """Slopes of a loss that takes a network of its own, counted like those of the goal's.

        Those that may cost no further gradient leave before.
        """
        ledger = self.ledger
        ledger.release(ledger.spent(1))
        rows = ledger.rows
        if not len(rows):
            return torch.zeros_like(candidates)
        ledger.gradients[rows] += 1
        return spread(slopes_at(of, candidates[rows], rows), rows, len(candidates))

    def _beside(self, points: Chosen, rows: Rows, aside: Reached) -> Chosen:
        """The points, those on a summit with each sample one level up or down by chance."""
        beside = points.detach().clone()
        if aside.any():
            signs = uniform(
                beside[aside], tuple(self.ledger.streams[r] for r in rows[aside])
            ).sign()
            beside[aside] = (beside[aside] + signs / LEVELS).clamp(0, 1)
        return beside

    def _seen(self, points: Chosen, rows: Rows, of: Measure) -> Chosen:
        """Slopes through the views, the mean of their draws."""
        problem = self.ledger.problem.at(rows)
        draw = Draw(tuple(self.ledger.streams[row] for row in rows), points)

        def measure(seen: Tensor, _: Rows) -> PerImage:
            for view in self._views:
                seen = view.see(seen, draw)
            return of(problem.goal, problem.output(seen)) / self.samples

        total = slopes_at(measure, points, rows)
        for _ in range(self.samples - 1):
            total = total + slopes_at(measure, points, rows)
        return total

    def expected(self, candidates: Images, of: Measure) -> tuple[Tensor, Tensor, Rows]:
        """A measure and its slopes through the views alone, the means of their draws, and of whom.

        Images without a finite answer are given up on; those that may not cost so many gradients
        more leave before.

        Args:
            candidates: One candidate for each image of the batch.
            of: The measure.
        """
        ledger = self.ledger
        ledger.release(ledger.spent(self.samples))
        rows, values = ledger.rows, []
        if not len(rows):
            return candidates.new_zeros(0), candidates[:0], rows

        def kept(goal: Goal, output: Output) -> PerImage:
            value = of(goal, output)
            check_differentiable(value)
            values.append(value.detach())
            return value

        slopes = self._smoothed(self._seen(candidates[rows].detach(), rows, kept))
        ledger.gradients[rows] += self.samples
        value = torch.stack(values).mean(dim=0)
        finite = value.isfinite()
        if not finite.all():
            ledger.drop(rows[~finite], "outputs")
            slopes[~finite] = 0
        return value, slopes, rows

    def _smoothed(self, slopes: Chosen) -> Chosen:
        for view in reversed(self._views):
            slopes = view.smooth(slopes)
        return slopes

    def found(self, shown: Shown, distance: PerImage, cost: int) -> Tensor:
        """Keep what is at the goal and nearer than before; originals that are there leave.

        So do those that may not cost so many gradients more.
        """
        ledger, rows, goal = self.ledger, shown.rows, shown.goal
        reached = goal.reached(shown.seen) & self.note(shown, goal.loss(shown.seen))
        points = shown.points.detach()
        published = to_levels(points)
        nearer = reached & (distance[rows] < ledger.nearest[rows])
        if nearer.any() and not (ledger.problem.exact and torch.equal(published, points)):
            reached[nearer] = self.verdict(published[nearer], rows[nearer])
            nearer &= reached
        ledger.nearer(rows[nearer], published[nearer], distance)
        same = (published == ledger.images[rows]).flatten(1).all(dim=1)
        ledger.release(rows[reached & same])
        ledger.release(ledger.spent(cost))
        return reached
