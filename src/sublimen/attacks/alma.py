"""The augmented Lagrangian method for adversarial attacks, in any distance."""

import math
from dataclasses import dataclass, field
from typing import ClassVar, Final, final

import torch
from typing_extensions import override

from sublimen.attacks.base import Attack
from sublimen.attacks.distances import Distance, Euclidean, From
from sublimen.attacks.goal import Goal
from sublimen.attacks.lengths import times
from sublimen.attacks.look import relative_excess, spread
from sublimen.attacks.search import Search
from sublimen.attacks.slopes import slopes_at
from sublimen.checks import at_least
from sublimen.errors import SettingError
from sublimen.imaging.levels import to_levels
from sublimen.types import LEVELS, Images, Output, PerImage, Reached

TOLERANCE: Final = 1e-4
"""Added to the relative excess, so that the constraint is met beyond a tie."""

CHECK: Final = 10
"""Steps between two looks at whether the constraint comes nearer."""

NEARER: Final = 0.95
"""Fraction to which the constraint has to come in that time."""

HARDER: Final = 1.2
"""Factor of rho where it does not."""

LEAST: Final = 1e-6
"""Least mu."""

MOST: Final = 1e12
"""Largest mu."""

LAST: Final = 0.01
"""Step after all steps as a fraction of that at the first success."""

TINY: Final = 1e-8
"""Added to the root of the mean square."""

HALVINGS: Final = 16
"""Of the range in which the length of the first step is looked for."""

RANGE: Final = 24.0
"""That range: from this many powers of two below 1, the change from black to white, up to it."""


@final
@dataclass(frozen=True, kw_only=True)
class Alma(Attack):
    """Lowers a distance and a penalty for the missed goal, whose weight follows the search.

        L = D(z_k) + P(y; rho, mu),    y = q(Q(z_k)) / q(Q(x)) + 1e-4,    q = h / s
        P = mu y + mu rho y^2 + rho^2 y^3 / 6  for y >= 0,    mu y / (1 - rho y)  else
        mu <- b mu + (1 - b) dP/dy,    rho <- 1.2 rho  every 10 steps in which y does not fall by
                                       5 percent and the goal has not been found
        v <- b v + (1 - b) g^2,    m <- b m + g / sqrt(v),    z_{k+1} = clip(z_k - a_k m)

    where D is the distance from the original, h the goal's excess and s its scale (for three
    classes and more q is the difference-of-logits ratio), g the slope of L, and Q rounds to 8-bit
    levels: the model is shown the rounded copy of z, while D has its slope at z itself, which
    draws changes below half a level back. In the first step L is P alone, and a_0 is such that it
    goes as far as the distance says, and a level in one sample. From the first success on, a_k
    falls to a hundredth. The Q(z) at the goal with the least D is the result; there is no budget.

    Args:
        distance: What is minimal, D.
        steps: Number of steps, at least 1.
        smoothing: Part b of each mean that is kept in a step, in [0, 1): 0.5 suits 100 steps and
            0.9 suits 1000.

    References:
        Rony, Granger, Pedersoli, Ben Ayed, "Augmented Lagrangian adversarial attacks", ICCV 2021,
        algorithm 1 with the penalty P2. The rounded copy is ours; so is that y starts at 1, which
        makes up for goals that are far away or have a scale of their own, and that a_0 is set by
        the step as it is taken, after the root. Where the goal has no slope the first direction
        is not drawn.
    """

    name: ClassVar[str] = "alma"

    distance: Distance = field(default_factory=Euclidean)
    steps: int = 100
    smoothing: float = 0.5

    def __post_init__(self) -> None:
        at_least(1, steps=self.steps)
        if not 0 <= self.smoothing < 1:
            raise SettingError(f"smoothing must be in [0, 1), got {self.smoothing}")

    @override
    def perturb(self, search: Search) -> None:
        images = adversarial = search.images
        distance, kept = self.distance.to(images), self.smoothing
        balance = Balance(images.new_ones(len(images)), kept)
        square, momentum = torch.ones_like(images), torch.zeros_like(images)
        unit = first = images.new_ones(len(images))
        for turn in search.rounds(self.steps):
            shown = to_levels(adversarial)
            look = search.look(shown, _far(distance, shown, search), of=constraint)
            if turn == 0:
                unit = torch.where(look.value > 0, look.value, 1)
            weight = balance.note(turn, look.value / unit + TOLERANCE, look.reached)
            slope = times(look.gradient, weight / unit)
            if turn > 0:
                slope = slope + _outwards(distance, adversarial, search)
            square = kept * square + (1 - kept) * slope.square()
            momentum = kept * momentum + slope / (square.sqrt() + TINY)
            if turn == 0:
                first = first_step(distance, images, momentum, self.distance.first_step)
            step = first * LAST ** balance.waned(turn, self.steps)
            adversarial = (adversarial - times(momentum, step)).clamp(0, 1)
        shown = to_levels(adversarial)
        search.offer(shown, _far(distance, shown, search))


@final
class Balance:
    """Weights of the missed goal beside the distance: the multiplier mu and the parameter rho.

    Args:
        ones: First mu and rho of each image.
        kept: Part of mu that is kept in a step.
    """

    def __init__(self, ones: PerImage, kept: float) -> None:
        self.mu = self.rho = ones
        self._kept = kept
        self._before = ones
        self._found = torch.full_like(ones, math.inf)

    def note(self, turn: int, excess: PerImage, reached: Reached) -> PerImage:
        """Adapt the weights to a look; the slope dP/dy of the penalty there.

        Args:
            turn: Number of the step, from 0.
            excess: The constraint y.
            reached: Whether it is met.
        """
        if turn == 0:
            self._before = excess
        elif (turn + 1) % CHECK == 0:
            well = (self._found < turn) | (excess < NEARER * self._before)
            self.rho = torch.where(well, self.rho, HARDER * self.rho)
            self._before = excess
        self._found = torch.where(reached, self._found.clamp(max=turn), self._found)
        if turn > 0:
            wanted = penalty_slope(excess, self.rho, self.mu)
            self.mu = (self._kept * self.mu + (1 - self._kept) * wanted).clamp(LEAST, MOST)
        return penalty_slope(excess, self.rho, self.mu)

    def waned(self, turn: int, turns: int) -> PerImage:
        """How much of the time between the first success and the end has gone, in [0, 1]."""
        share = (turn - self._found) / (turns - self._found)
        return torch.where(self._found.isfinite(), share, 0)


def constraint(goal: Goal, output: Output) -> PerImage:
    """The relative excess h / s; of two classes h alone, for their s is the magnitude of h."""
    return goal.excess(output) if output.shape[1] == 2 else relative_excess(goal, output)


def penalty_slope(excess: PerImage, rho: PerImage, mu: PerImage) -> PerImage:
    """Derivative of the penalty P in the constraint y."""
    beyond = mu + 2 * mu * rho * excess + (rho * excess).square() / 2
    within = mu / (1 - rho * excess.clamp(max=0)).square()
    return torch.where(excess >= 0, beyond, within)


def first_step(distance: From, images: Images, slope: Images, wanted: float) -> PerImage:
    """Factors with which steps against a slope go that far, in one sample a level or further.

    Less than a level would not be seen in the rounded copy. No step goes further than from black
    to white.

    Args:
        distance: From the images.
        images: The originals.
        slope: What is stepped against.
        wanted: The distance.
    """
    rows = torch.arange(len(images), device=images.device)
    largest = slope.abs().flatten(1).amax(dim=1)
    largest = torch.where(largest > 0, largest, 1)
    least, most = torch.full_like(largest, -RANGE), torch.zeros_like(largest)
    for _ in range(HALVINGS):
        middle = (least + most) / 2
        with torch.no_grad():
            candidates = (images - times(slope, 2**middle / largest)).clamp(0, 1)
            beyond = distance(candidates, rows) > wanted
        least, most = torch.where(beyond, least, middle), torch.where(beyond, middle, most)
    return (2 ** ((least + most) / 2)).clamp(min=1 / LEVELS) / largest


def _far(distance: From, candidates: Images, search: Search) -> PerImage:
    """The distance of those that are still going; zero for the others."""
    rows = search.remaining.nonzero().flatten()
    if not len(rows):
        return candidates.new_zeros(len(candidates))
    with torch.no_grad():
        return spread(distance(candidates[rows], rows), rows, len(candidates))


def _outwards(distance: From, candidates: Images, search: Search) -> Images:
    """The slope of the distance of those that are still going; zero for the others."""
    rows = search.remaining.nonzero().flatten()
    if not len(rows):
        return torch.zeros_like(candidates)
    return spread(slopes_at(distance, candidates[rows], rows), rows, len(candidates))
