"""The books of an attack: who is still going, what was found, and what it has cost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from time import monotonic
from typing import final

import torch
from torch import Tensor

from sublimen.attacks.outcome import Outcome
from sublimen.attacks.problem import Problem
from sublimen.attacks.streams import streams
from sublimen.checks import at_least, positive
from sublimen.errors import ModelError
from sublimen.imaging.levels import to_levels
from sublimen.types import Chosen, Images, PerImage, Reached, Rows


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
@dataclass(frozen=True, kw_only=True)
class Limits:
    """When an attack has to end, whatever its own settings say.

    Args:
        gradients: Gradients that an image may cost, at least 0.
        seconds: Time after which no further round begins, above 0; what was found counts.
        until: The same as a reading of `time.monotonic`.
        asked: Asked before each round whether somebody wants it to end now.
    """

    gradients: int | None = None
    seconds: float | None = None
    until: float | None = None
    asked: Callable[[], bool] | None = None

    def __post_init__(self) -> None:
        if self.gradients is not None:
            at_least(0, gradients=self.gradients)
        if self.seconds is not None:
            positive(seconds=self.seconds)

    def begun(self) -> "Limits":
        """The same with the clock running, so that the parts of a batch share the time."""
        if self.seconds is None:
            return self
        end = monotonic() + self.seconds
        return replace(
            self, seconds=None, until=end if self.until is None else min(end, self.until)
        )


@final
class Ledger:
    """The books of the search on one batch.

    Args:
        problem: What is lowered and who judges.
        images: The originals.
        seed: Seed of the random streams of the images.
        watch: Told the state before each round.
        limits: When it has to end.
    """

    def __init__(
        self,
        problem: Problem,
        images: Images,
        *,
        seed: int,
        watch: Callable[[State], None] | None,
        limits: Limits,
    ) -> None:
        batch, device = len(images), images.device
        self.problem = problem
        self.images = images
        self.seed = seed
        self.streams = streams(images, seed)
        self.remaining = problem
        self.rows: Rows = torch.arange(batch, device=device)
        self.going = torch.ones(batch, dtype=torch.bool, device=device)
        self.loss = images.new_full((batch,), torch.nan)
        self.gradients = torch.zeros(batch, dtype=torch.int64, device=device)
        self.forwards = torch.zeros_like(self.gradients)
        self.outputs: int | None = None
        self.nearest = images.new_full((batch,), torch.inf)
        self._watch = watch
        self._limits = limits.begun()
        self._started = monotonic()
        self._reached = torch.zeros_like(self.going)
        self._sloping = torch.zeros_like(self.going)
        self._best = images
        self._lowest = images.new_full((batch,), torch.inf)
        self._iterations = torch.zeros_like(self.gradients)
        self._trace: list[PerImage] = []

    def rounds(self, number: int) -> Iterator[int]:
        """Count rounds from 0 while any image is still going and there is time."""
        for turn in range(number):
            if not len(self.rows) or self._late():
                return
            if self._watch is not None:
                self._watch(State(turn, number, self._reached.clone(), self.loss.clone()))
            rows = self.rows
            self._iterations[rows] += 1
            yield turn
            losses = torch.full_like(self.loss, torch.nan)
            losses[rows] = self.loss[rows]
            self._trace.append(losses)

    @property
    def used(self) -> float:
        """Share of the time that has gone, 0 without a limit."""
        until = self._limits.until
        if until is None:
            return 0.0
        left, whole = until - monotonic(), until - self._started
        return 1 - max(left, 0) / whole if whole > 0 else 1.0

    def _late(self) -> bool:
        until, asked = self._limits.until, self._limits.asked
        return (until is not None and monotonic() > until) or (asked is not None and asked())

    def spent(self, cost: int = 1) -> Rows:
        """Those that are still going and may not cost so many gradients more."""
        most = self._limits.gradients
        if most is None:
            return self.rows[:0]
        return self.rows[self.gradients[self.rows] + cost > most]

    def left(self, rows: Rows) -> Limits:
        """What is left of the limits for some images: of gradients, the least of any of them."""
        most = self._limits.gradients
        if most is None:
            return self._limits
        left = (most - self.gradients[rows]).min().clamp(min=0)
        return replace(self._limits, gradients=int(left.item()))

    def note(self, rows: Rows, points: Images, loss: PerImage) -> None:
        """Note what was looked at; while the goal is not reached the lowest loss is the best."""
        self.loss[rows] = loss.to(self.loss)
        better = (self.loss[rows] <= self._lowest[rows]) & ~self._reached[rows]
        self._lowest[rows[better]] = self.loss[rows[better]]
        self.keep(rows[better], points[better])

    def note_slopes(self, gradient: Images) -> None:
        """Note which images have a slope at all."""
        self._sloping |= (gradient != 0).flatten(1).any(dim=1)

    def reach(self, rows: Rows, published: Images) -> None:
        """Note published images at the goal."""
        self._reached[rows] = True
        self.keep(rows, published)

    def nearer(self, rows: Rows, published: Chosen, distance: PerImage) -> None:
        """Keep published images at the goal where they are nearer than any before."""
        nearer = distance[rows] < self.nearest[rows]
        self.nearest[rows[nearer]] = distance[rows[nearer]]
        self.reach(rows[nearer], published[nearer])

    def drop(self, rows: Rows, what: str) -> None:
        """Give up on images to which the model has no finite answer: the original stays.

        What was found before stays as well.

        Raises:
            ModelError: If that is so for every image from the start.
        """
        if len(rows) == len(self.images) and self._iterations.max() <= 1:
            raise ModelError(
                f"model must answer with finite {what}, got NaN or infinity for every image; "
                "check its weights and how it normalises images in [0, 1]"
            )
        lost = rows[~self._reached[rows]]
        self.keep(lost, self.images[lost])
        self.release(rows)

    def keep(self, rows: Rows, points: Tensor) -> None:
        """Note the best of some images."""
        if len(rows) == len(self.images):
            self._best = points
        elif len(rows):
            self._best = self._best.index_copy(0, rows, points)

    def release(self, rows: Rows) -> None:
        """Let images leave, and forget them in what the model is shown."""
        if not len(rows):
            return
        self.going[rows] = False
        self.rows = self.going.nonzero().flatten()
        if len(self.rows):
            self.remaining = self.problem.at(self.rows)

    def outcome(self) -> Outcome:
        """What was found."""
        flat = ~self._sloping & ~self._reached & (self.gradients > 0)
        best = torch.where(flat.view(-1, 1, 1, 1), self.images, self._best)
        nothing = self.loss.new_zeros(0, len(self.images))
        return Outcome(
            images=to_levels(best),
            reached=self._reached,
            gradients=self.gradients,
            forwards=self.forwards,
            iterations=self._iterations,
            trace=torch.stack(self._trace) if self._trace else nothing,
            originals=self.images,
        )
