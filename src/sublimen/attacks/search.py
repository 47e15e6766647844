"""What an attack's loop holds: who is still going, what was found, and what it has cost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias, final

import torch
from torch import Tensor

from sublimen.attacks.problem import Problem
from sublimen.attacks.slopes import check_differentiable, descend, slopes_at
from sublimen.attacks.streams import streams, uniform
from sublimen.errors import ModelError
from sublimen.imaging.levels import to_levels
from sublimen.types import LEVELS, Count, Images, Output, PerImage, Reached, Rows

Penalty: TypeAlias = Callable[[Images, Rows], PerImage]
"""A further loss of some candidates, given their places in the batch."""


@final
@dataclass(frozen=True, eq=False)
class State:
    """What a callback is told before each round.

    Args:
        round: Number of the round, from 0.
        rounds: Rounds that are planned at most.
        reached: Which images are at the goal.
        loss: Loss of each image when it was last looked at; NaN before the first look.
    """

    round: int
    rounds: int
    reached: Reached
    loss: PerImage


@final
@dataclass(frozen=True, eq=False)
class Outcome:
    """What an attack came to, one entry per image.

    Args:
        images: What would be published, on the 8-bit lattice. Where the goal was not reached:
            the candidate with the lowest loss that was looked at, the last of equals; the
            original where the model answered with NaN or infinity.
        reached: Whether the published image is at the goal.
        gradients: Forward and backward passes.
        forwards: Forward passes alone.
        iterations: Rounds until the end.
        trace: Loss at the start of each round, rounds x batch; NaN once an image has left.
    """

    images: Images
    reached: Reached
    gradients: Count
    forwards: Count
    iterations: Count
    trace: Tensor


@final
class Search:
    """The search on one batch. An attack's loop asks it for gradients and shows it the last step.

    An image that reaches the goal is recorded and leaves: the model is only shown those that are
    still going (compaction), and gradients of the others are zero, so that loops need not care.
    One to which the model has no finite answer leaves as it came, not reached.

    Args:
        problem: What is lowered and who judges.
        images: The originals.
        seed: Seed of the random streams of the images.
        watch: Told the state before each round.
    """

    def __init__(
        self,
        problem: Problem,
        images: Images,
        *,
        seed: int = 0,
        watch: Callable[[State], None] | None = None,
    ) -> None:
        self.problem = problem
        self.images = images.detach()
        self._streams = streams(self.images, seed)
        self._watch = watch
        batch, device = len(images), images.device
        self._going = torch.ones(batch, dtype=torch.bool, device=device)
        self._rows = torch.arange(batch, device=device)
        self._remaining = problem
        self._reached = torch.zeros_like(self._going)
        self._best = self.images
        self._lowest = images.new_full((batch,), torch.inf)
        self._loss = images.new_full((batch,), torch.nan)
        self._gradients = torch.zeros(batch, dtype=torch.int64, device=device)
        self._forwards = torch.zeros_like(self._gradients)
        self._iterations = torch.zeros_like(self._gradients)
        self._trace: list[PerImage] = []
        self._outputs: int | None = None

    @property
    def going(self) -> bool:
        """Whether any image has not come to its end."""
        return len(self._rows) > 0

    def rounds(self, number: int) -> Iterator[int]:
        """Count rounds from 0 while any image is still going, `number` at most."""
        for turn in range(number):
            if not self.going:
                return
            if self._watch is not None:
                self._watch(State(turn, number, self._reached.clone(), self._loss.clone()))
            rows = self._rows
            self._iterations[rows] += 1
            yield turn
            losses = torch.full_like(self._loss, torch.nan)
            losses[rows] = self._loss[rows]
            self._trace.append(losses)

    def random(self) -> Images:
        """Numbers drawn evenly from [-1, 1), one for each sample, from each image's own stream."""
        return uniform(self.images, self._streams)

    def gradient(
        self, candidates: Images, penalty: Penalty | None = None, *, scale: float = 1.0
    ) -> Images:
        """Gradient of each image's loss, zero for those that are at their end.

        The goal is looked at in the same forward pass; what seems to be there is rounded, as it
        would be published, and judged before it leaves. On the summit of a loss the gradient is
        taken one level aside, in a random direction; only at the original itself, where it can be
        zero or nothing but rounding noise.

        Args:
            candidates: One candidate for each image of the batch.
            penalty: Added to the loss.
            scale: Weight of the goal's own loss beside the penalty.

        Raises:
            ModelError: If the model's output changes its shape, or is finite for no image at all.
        """
        if not self.going:
            return torch.zeros_like(candidates)
        rows, goal = self._rows, self._remaining.goal
        with torch.enable_grad():
            points = candidates[rows].detach().requires_grad_()
            output = self._output(points)
            loss = goal.loss(output)
        check_differentiable(loss)
        seen = output.detach()
        self._look(points.detach(), loss.detach(), goal.reached(seen))
        left = self._going[rows]
        summit = left & goal.on_summit(seen)
        if summit.any():
            summit &= (points == self.images[rows]).flatten(1).all(dim=1)
        down = left & ~summit
        slopes = scale * descend(loss, points, down)
        if not down.all():
            slopes[~down] = 0  # not NaN, which nothing times an infinite slope would be
        if summit.any():
            slopes[summit] = scale * self._slopes_aside(points[summit].detach(), rows[summit])
        self._gradients[rows[left]] += 1
        self._forwards[rows[~down]] += 1
        if penalty is not None:
            slopes[left] += slopes_at(penalty, points[left], rows[left])
        return self._finite(self._whole(slopes, rows))

    def judge(self, candidates: Images) -> None:
        """Judge candidates of the images that are still going, as they would be published."""
        self._judge(candidates[self._rows].detach(), self._rows)

    def finish(self, candidates: Images) -> None:
        """Judge the last candidates, and look at the loss of those that are not at the goal."""
        self.judge(candidates)
        if not self.going:
            return
        rows, points = self._rows, candidates[self._rows].detach()
        with torch.no_grad():
            loss = self._remaining.goal.loss(self._output(points))
        self._forwards[rows] += 1
        self._look(points, loss, torch.zeros_like(loss, dtype=torch.bool))

    def outcome(self) -> Outcome:
        """What was found."""
        nothing = self._loss.new_zeros(0, len(self.images))
        return Outcome(
            images=to_levels(self._best),
            reached=self._reached,
            gradients=self._gradients,
            forwards=self._forwards,
            iterations=self._iterations,
            trace=torch.stack(self._trace) if self._trace else nothing,
        )

    def _output(self, points: Images) -> Output:
        """The model's answer to the images that are still going."""
        output = self._remaining.output(points)
        if self._outputs is None and output.ndim == 2 and len(output) == len(points):
            self._outputs = output.shape[1]
            self._remaining.goal.check(output)
        if output.shape != (len(points), self._outputs):
            raise ModelError(
                f"model must answer {len(points)} x {self._outputs or 'some'} numbers, "
                f"got shape {tuple(output.shape)}; return one row of logits or features per image"
            )
        return output

    def _whole(self, slopes: Tensor, rows: Rows) -> Images:
        """Slopes of some images as a gradient of the whole batch."""
        if len(rows) == len(self.images):
            return slopes
        gradient = torch.zeros_like(self.images)
        gradient[rows] = slopes
        return gradient

    def _slopes_aside(self, points: Images, rows: Rows) -> Images:
        """Gradients of the goal's loss, each sample one level up or down by chance."""
        signs = uniform(points, tuple(self._streams[row] for row in rows)).sign()
        problem = self.problem.at(rows)
        return slopes_at(
            lambda aside, _: problem.loss(aside), (points + signs / LEVELS).clamp(0, 1), rows
        )

    def _look(self, points: Images, loss: PerImage, seems: Reached) -> None:
        """Note the losses, drop what is not finite, judge what seems to be there."""
        rows, finite = self._rows, loss.isfinite()
        self._loss[rows] = loss.to(self._loss)
        better = self._loss[rows] <= self._lowest[rows]
        self._lowest[rows[better]] = self._loss[rows[better]]
        self._keep(rows[better], points[better])
        if not finite.all():
            self._drop(rows[~finite], "outputs")
        self._judge(points[seems & finite], rows[seems & finite])

    def _judge(self, points: Images, rows: Rows) -> None:
        """Record and release what is at the goal when published."""
        if not len(rows):
            return
        published = to_levels(points)
        self._forwards[rows] += 1
        reached = self.problem.at(rows).reached(published)
        if reached.any():
            self._keep(rows[reached], published[reached])
            self._reached[rows[reached]] = True
            self._release(rows[reached])

    def _finite(self, gradient: Images) -> Images:
        """The gradient without the images where it is not finite, which are given up."""
        if gradient.sum().isfinite():
            return gradient
        broken = ~gradient.isfinite().flatten(1).all(dim=1)
        if broken.any():
            self._drop(broken.nonzero().flatten(), "gradients")
            gradient[broken] = 0
        return gradient

    def _drop(self, rows: Rows, what: str) -> None:
        """Give up on images to which the model has no finite answer: the original stays."""
        if len(rows) == len(self.images) and self._iterations.max() <= 1:
            raise ModelError(
                f"model must answer with finite {what}, got NaN or infinity for every image; "
                "check its weights and how it normalises images in [0, 1]"
            )
        self._keep(rows, self.images[rows])
        self._release(rows)

    def _keep(self, rows: Rows, points: Tensor) -> None:
        """Note the best of some images."""
        if len(rows) == len(self.images):
            self._best = points
        elif len(rows):
            self._best = self._best.index_copy(0, rows, points)

    def _release(self, rows: Rows) -> None:
        """Let images leave, and forget them in what the model is shown."""
        self._going[rows] = False
        self._rows = self._going.nonzero().flatten()
        if self.going:
            self._remaining = self.problem.at(self._rows)
