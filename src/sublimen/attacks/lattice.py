"""Ours: the fewest and least visible one-level moves that reach the goal."""

import math
from dataclasses import dataclass, field, fields, replace
from typing import ClassVar, Final, final

import torch
from typing_extensions import override

from sublimen.attacks.base import Attack
from sublimen.attacks.distances import Distance, Euclidean
from sublimen.attacks.lengths import times
from sublimen.attacks.look import soft_slope
from sublimen.attacks.search import Search
from sublimen.checks import at_least
from sublimen.types import LEVELS, PerImage, Reached

MOST: Final = 0.6
"""Share of a new slope in the mean slope when the goal was just reached."""

LEAST: Final = 0.02
"""The same in the last round."""

FIRST: Final = 1.5
"""First length over the one at which a linear model would be at the goal."""

FURTHER: Final = 1.05
"""Length over the chord's while the goal is not reached: a little beyond."""

NEARER: Final = 0.98
"""The same where it is reached."""

SHRINK: Final = 0.7
"""Least change of a length in one step before the goal was reached."""

GROW: Final = 2.0
"""Largest change of a length in one step before the goal was reached."""

CAREFUL: Final = 0.1
"""Largest change of a length in one step from then on, as a fraction of it."""

ONWARD: Final = 1.05
"""Least growth of the length in a round before the goal, once `EARLY` rounds have passed."""

EARLY: Final = 3
"""Rounds in which the length is left to the steps."""

TINY: Final = 1e-30
"""Keeps quotients finite."""

BETTER: Final = 0.995
"""What counts as shorter."""


@final
@dataclass(frozen=True, eq=False)
class Reach:
    """How far to go: what is tried next, and what is known of the slope that is gone along.

    Args:
        start: Excess of the original.
        trial: Length to be tried.
        failed: Largest length along the present slope that was not at the goal.
        shortest: Smallest length that was, along any slope; infinite before any was.
        age: Gradients since the goal was reached first.
        quiet: Gradients since the shortest became shorter.
    """

    start: PerImage
    trial: PerImage
    failed: PerImage
    shortest: PerImage
    age: PerImage
    quiet: PerImage

    @staticmethod
    def of(start: PerImage) -> "Reach":
        """Nothing is known but the excess of the original."""
        zero = torch.zeros_like(start)
        never = torch.full_like(zero, torch.inf)
        return Reach(start, zero, zero, never, zero, zero)

    @property
    def there(self) -> Reached:
        """Whether the goal has been reached."""
        return self.shortest.isfinite()

    def where(self, chosen: Reached, other: "Reach") -> "Reach":
        """What is known with some images taken from another."""
        values = {
            f.name: torch.where(chosen, getattr(other, f.name), getattr(self, f.name))
            for f in fields(self)
        }
        return Reach(**values)

    def turned(self, trial: PerImage) -> "Reach":
        """Along a new slope nothing has failed yet; before the goal it has its own length."""
        return replace(
            self,
            trial=torch.where(self.there, self.trial, trial),
            failed=torch.zeros_like(self.failed),
            age=torch.where(self.there, self.age + 1, 0),
            quiet=torch.where(self.there, self.quiet + 1, 0),
        )

    def after(self, length: PerImage, value: PerImage, reached: Reached) -> "Reach":
        """What is known after a candidate.

        Args:
            length: Of the candidate.
            value: Excess of the candidate.
            reached: Whether it is at the goal.
        """
        shorter = reached & (length < BETTER * self.shortest)
        shortest = torch.where(reached, length.minimum(self.shortest), self.shortest)
        failed = torch.where(reached, self.failed, length.maximum(self.failed))
        chord = self.start / (self.start - value).clamp(min=1e-3 * self.start.abs() + TINY)
        change = torch.where(reached, NEARER * chord, FURTHER * chord).clamp(SHRINK, GROW)
        careful = change.clamp(1 - CAREFUL, 1 + CAREFUL)
        change = torch.where(shortest.isfinite(), careful, change)
        trial = (length * change).maximum(failed / BETTER).minimum(BETTER * shortest)
        return replace(
            self,
            trial=trial,
            failed=failed,
            shortest=shortest,
            quiet=torch.where(shorter, 0, self.quiet),
        )


def annealed_share(age: PerImage, left: int) -> PerImage:
    """Share of a new slope: falls along half a cosine from the goal on, to `LEAST` at the end.

    Args:
        age: Gradients since the goal was reached.
        left: Gradients that are left, with the present one, at least 1.
    """
    way = (age + 1) / (age + left)
    return LEAST + (MOST - LEAST) * (1 + torch.cos(math.pi * way)) / 2


@final
@dataclass(frozen=True, kw_only=True)
class Lattice(Attack):
    """Moves by whole levels, ranked by slope over what a move costs, as few as reach the goal.

        v_k = ((1 - b_k) v_{k-1} + b_k g_k) / its length,    v_0 = g_0
        b_k = n_k / (D_k + n_k),  n_k = 1.5 excess / steepness    before the goal
        b_k = 0.02 + 0.58 (1 + cos(pi (a + 1) / (a + l))) / 2     from then on
        z_{k+1} = x - sign(v_k) floor((c |v_k| / w + 1) / 2) levels

    where g_k is the gradient of the goal's soft excess at z_k, of unit length, a how many
    gradients ago the goal was reached, l how many are left with this one, w what it costs to move
    a sample (the square of the distance per level), and c the largest scale at which
    sqrt(sum w m^2), m the moves in levels, is at most a length D. Among all changes of that
    length this one is the longest way along v: a sample's m-th level costs w (2 m - 1) more.
    Where a distance knows what the channels of a pixel cost together (`ciede2000`), w is a matrix
    and the levels of a pixel are rounded together, see `sublimen.attacks.moves.PixelMoves`.
    Before the goal, n_k is the length of a Newton step, half as long again, and D that of the
    sum of such steps, but from the fourth round on at least 1.05 times the last. Soft is an excess
    whose slope sees all rivals of a target: that of the nearest alone turns at each step.

    The float v is the master; what the model is shown, and judged by, is always on the 8-bit
    lattice, so that nothing is lost by rounding. From the goal on, D follows the chord of the
    excess from the original to the last candidate, by a tenth at most in a step, and between two
    gradients `probes` forward passes close in on it; so they do after the last gradient where the
    goal is still missed. The nearest candidate at the goal is kept. An image stops when nothing
    shorter was found for `patience` gradients, and costs nothing from then on: with many more
    steps than the default, so that the share falls late, it needs more patience.

    Args:
        distance: What is to be small.
        steps: Gradients at most, at least 1.
        probes: Forward passes after a gradient, at least 0.
        patience: Gradients without a gain of half a percent after which an image stops, at
            least 1.

    References:
        Ours, 2026. The ranking solves the linear problem on the lattice exactly; the mean of the
        slopes plays the part of the falling step of Rony et al., "Decoupling direction and norm",
        CVPR 2019, and the chord that of its radius.
    """

    name: ClassVar[str] = "lattice"

    distance: Distance = field(default_factory=Euclidean)
    steps: int = 50
    probes: int = 2
    patience: int = 15

    def __post_init__(self) -> None:
        at_least(1, steps=self.steps, patience=self.patience)
        at_least(0, probes=self.probes)

    @override
    def perturb(self, search: Search) -> None:
        images = search.images
        rows = torch.arange(len(images), device=images.device)
        far, moves = self.distance.to(images), self.distance.moves(images)
        candidates, slopes, reach = images, torch.zeros_like(images), None
        for turn in search.rounds(self.steps):
            look = search.look(candidates, far(candidates, rows), of=soft_slope)
            length = moves.length(candidates)
            reach = (
                Reach.of(look.value)
                if reach is None
                else reach.after(length, look.value, look.reached)
            )
            slope, steepness = moves.unit(look.gradient)
            further = FIRST * look.value / torch.where(steepness > 0, steepness, torch.inf)
            newton = further / (length + further).clamp(min=TINY)
            share = torch.where(reach.there, annealed_share(reach.age, self.steps - turn), newton)
            slopes, norm = moves.unit(times(slopes, 1 - share) + times(slope, share))
            least = ONWARD * length if turn >= EARLY else 0 * length
            reach = reach.turned(least.maximum(norm * LEVELS * (length + further)))
            for _ in range(self.probes):
                asked = reach.there | (turn + 1 == self.steps)
                if not asked.any():
                    break
                candidates = moves.along(slopes, reach.trial)
                glance = search.glance(candidates, far(candidates, rows), asked)
                length = moves.length(candidates)
                reach = reach.where(asked, reach.after(length, glance.excess, glance.reached))
            candidates = moves.along(slopes, reach.trial)
            search.stop(reach.quiet > self.patience)
        search.glance(candidates, far(candidates, rows))
