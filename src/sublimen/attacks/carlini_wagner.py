"""Carlini and Wagner's attack in the Euclidean norm."""

from dataclasses import dataclass
from typing import ClassVar, Final, final

import torch
from typing_extensions import override

from sublimen.attacks.base import Attack
from sublimen.attacks.lengths import lengths, times
from sublimen.attacks.look import excess
from sublimen.attacks.search import Search
from sublimen.checks import at_least, positive
from sublimen.imaging.levels import to_levels
from sublimen.types import PerImage, Reached

INSIDE: Final = 1 - 1e-6
"""Factor that keeps black and white off the ends of tanh, where its inverse is infinite."""

MEAN: Final = 0.9
"""Decay of Adam's mean gradient."""

SQUARE: Final = 0.999
"""Decay of Adam's mean square."""

TINY: Final = 1e-8
"""Added to Adam's root of the mean square."""

STUCK: Final = 0.9999
"""A loss that is not below this fraction of an earlier one has come to a standstill."""

CHECKS: Final = 10
"""How often in a search it is looked whether it has come to a standstill."""


@final
@dataclass(frozen=True, kw_only=True)
class CarliniWagner(Attack):
    """Adam on variables that cannot leave [0, 1], and a search for the weight of the goal.

        z = (tanh(w) + 1) / 2,    lower |z - x|_2^2 + c max(h(Q(z)), 0) over w

    where h is the goal's excess and Q rounds to 8-bit levels: the model is shown the rounded copy
    of z, and its slope there is taken for that at z. Each search starts at z = x. After a search
    that has found the goal c is halved towards the largest that has not, after one that has not
    it is multiplied by 10 or raised half way to the least that has. The nearest Q(z) at the goal
    of all searches is the result; there is no budget. The margin kappa is the goal's.

    A search ends early where the loss has come to a standstill. Samples at black and white hardly
    move, for tanh is flat there.

    Args:
        searches: Number of weights c that are tried, at least 1.
        steps: Steps of a search at most, at least 1, each of which costs a gradient.
        step_size: Learning rate of Adam, above 0. The authors' program has 0.01 with 1000 steps
            and more; in 100 steps such a rate does not settle, for Adam first moves each
            sample by about as much.
        constant: First weight c, above 0.

    References:
        Carlini, Wagner, "Towards evaluating the robustness of neural networks", IEEE S&P 2017,
        section VI.A with loss f6; defaults but for steps and rate as in the authors' program.
        Kingma, Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1. The
        rounded copy is ours, and each image has searches of its own: it does not wait for others.
    """

    name: ClassVar[str] = "carlini-wagner"

    searches: int = 9
    steps: int = 100
    step_size: float = 0.001
    constant: float = 1e-3

    def __post_init__(self) -> None:
        at_least(1, searches=self.searches, steps=self.steps)
        positive(step_size=self.step_size, constant=self.constant)

    @override
    def perturb(self, search: Search) -> None:
        images = search.images
        start, zero = ((2 * images - 1) * INSIDE).atanh(), torch.zeros_like(images)
        origin = (start.tanh() + 1) / 2
        variables, mean, square = start, zero, zero
        trials = Trials(images.new_full((len(images),), self.constant), self.steps)
        for _ in search.rounds(self.searches * self.steps):
            adversarial = (variables.tanh() + 1) / 2
            change, shown = adversarial - origin, to_levels(adversarial)
            look = search.look(shown, lengths(shown - images), of=excess)
            missed = look.value.relu()
            slope = 2 * change + times(look.gradient, trials.constant * missed.sign())
            slope = slope * 2 * adversarial * (1 - adversarial)
            loss = lengths(change).square() + trials.constant * missed
            ended = trials.note(look.reached, loss)
            mean = MEAN * mean + (1 - MEAN) * slope
            square = SQUARE * square + (1 - SQUARE) * slope.square()
            unbiased = times(mean, 1 / (1 - MEAN**trials.age))
            root = times(square, 1 / (1 - SQUARE**trials.age)).sqrt()
            variables = variables - self.step_size * unbiased / (root + TINY)
            again = ended.view(-1, 1, 1, 1)
            variables = torch.where(again, start, variables)
            mean, square = torch.where(again, zero, mean), torch.where(again, zero, square)
            trials.renew(ended)
            search.stop(trials.made >= self.searches)


@final
class Trials:
    """How far each image has come in its searches, and the weight c of each.

    Args:
        first: First weight of each image.
        steps: Steps of a search at most.
    """

    def __init__(self, first: PerImage, steps: int) -> None:
        self.constant = first
        self.age = self.made = torch.zeros_like(first)
        self._steps = steps
        self._found = first < 0
        self._earlier = torch.full_like(first, torch.inf)
        self._least, self._most = torch.zeros_like(first), torch.full_like(first, torch.inf)

    def note(self, reached: Reached, loss: PerImage) -> Reached:
        """Count a step; whose search has ended with it.

        Args:
            reached: Who is at the goal.
            loss: What is lowered, before the step.
        """
        due = self.age % max(1, self._steps // CHECKS) == 0
        stuck = due & (loss > STUCK * self._earlier)
        self._earlier = torch.where(due, loss, self._earlier)
        self._found = self._found | reached
        self.age = self.age + 1
        return stuck | (self.age >= self._steps)

    def renew(self, ended: Reached) -> None:
        """Choose the next weight of those whose search has ended."""
        constant, nothing = self.constant, torch.zeros_like(self.constant)
        most = torch.where(ended & self._found, constant, self._most)
        least = torch.where(ended & ~self._found, constant, self._least)
        following = torch.where(most.isfinite(), (least + most) / 2, 10 * constant)
        self._least, self._most = least, most
        self.constant = torch.where(ended, following, constant)
        self.made = self.made + ended.to(nothing)
        self.age = torch.where(ended, nothing, self.age)
        self._earlier = torch.where(ended, torch.inf, self._earlier)
        self._found = self._found & ~ended
