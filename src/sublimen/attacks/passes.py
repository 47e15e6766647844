"""What goes through the model: forward passes, and gradients with respect to the images alone."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from sublimen.attacks.goal import Goal
from sublimen.attacks.ledger import Ledger
from sublimen.attacks.look import Measure
from sublimen.attacks.slopes import check_differentiable, descend, slopes_at
from sublimen.attacks.streams import uniform
from sublimen.attacks.view import Draw, View
from sublimen.errors import ModelError
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
    """

    def __init__(self, ledger: Ledger, views: tuple[View, ...] = ()) -> None:
        self.ledger = ledger
        self._views = views
        self._clear = all(view.transparent for view in views)
        self._samples = math.prod(view.samples for view in views)

    def through(self, view: View) -> "Passes":
        """The same, with gradients taken through one view more."""
        return Passes(self.ledger, (*self._views, view))

    def forward(self, candidates: Images) -> Shown:
        """Show the model candidates of those that are still going.

        Raises:
            ModelError: If the output changes its shape.
        """
        rows = self.ledger.rows
        points = candidates[rows].detach()
        with torch.enable_grad():
            points.requires_grad_()
            return Shown(points, rows, self._output(points), self.ledger.remaining.goal)

    def _output(self, points: Chosen) -> Output:
        ledger = self.ledger
        output = ledger.remaining.output(points)
        if ledger.outputs is None and output.ndim == 2 and len(output) == len(points):
            ledger.outputs = output.shape[1]
            ledger.remaining.goal.check(output)
        if output.shape != (len(points), ledger.outputs):
            raise ModelError(
                f"model must answer {len(points)} x {ledger.outputs or 'some'} numbers, "
                f"got shape {tuple(output.shape)}; return one row of logits or features per image"
            )
        return output

    def slopes(
        self, shown: Shown, values: PerImage, of: Measure, *, retain: bool = False
    ) -> Chosen:
        """Slopes of a measure for the images that are still going; they are counted.

        Args:
            shown: Where the slopes are taken.
            values: The measure there.
            of: The measure.
            retain: Whether the graph of the values is needed again.
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
        self.ledger.gradients[rows[left]] += self._samples
        self.ledger.forwards[rows[~direct]] += 1
        return self._smoothed(slopes)

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
            return of(problem.goal, problem.output(seen)) / self._samples

        total = slopes_at(measure, points, rows)
        for _ in range(self._samples - 1):
            total = total + slopes_at(measure, points, rows)
        return total

    def _smoothed(self, slopes: Chosen) -> Chosen:
        for view in reversed(self._views):
            slopes = view.smooth(slopes)
        return slopes
