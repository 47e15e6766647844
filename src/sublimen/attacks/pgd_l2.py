"""Projected gradient descent in a Euclidean ball."""

from dataclasses import dataclass
from typing import ClassVar, Final, final

import torch
from typing_extensions import override

from sublimen.attacks.base import Attack
from sublimen.attacks.lengths import lengths, times, unit_length
from sublimen.attacks.search import Search
from sublimen.checks import at_least, fraction, positive
from sublimen.imaging.levels import to_levels
from sublimen.types import LEVELS, Images, PerImage

HALVINGS: Final = 16
"""Halvings by which the largest scale that stays in the ball is found."""


@final
@dataclass(frozen=True, kw_only=True)
class PgdL2(Attack):
    """Steps along the gradient in a Euclidean ball, from a random point of it.

        p_0 = e u n / |n|_2,    n normal for each sample, u drawn evenly from [0, 1)
        p_{k+1} = clip(ball(p_k - a e g / |g|_2)),    g = grad L(z_k)
        z_k = Q(x + s p_k),    s the largest of [0, 1] with |Q(x + s p_k) - x|_2 <= e

    where L is lowered by the adversary, ball leads to the nearest point of the ball, clip keeps
    x + p in [0, 1] and Q rounds to 8-bit levels. The model is shown z, which is in the ball as it
    would be published, while p stays unrounded, so that changes below half a level add up. (An
    image that is not on the lattice itself may come to lie outside by its own rounding.) An image
    that is at the goal as it comes stays so.

    Args:
        epsilon: Radius e of the ball in the unit of the images, at least 1/255.
        steps: Number of steps at most, at least 1.
        step_size: Length a of a step as a fraction of epsilon, in (0, 1].
        random_start: Whether p_0 is drawn; it is 0 otherwise.

    References:
        Madry, Makelov, Schmidt, Tsipras, Vladu, "Towards deep learning models resistant to
        adversarial attacks", ICLR 2018, section 2.1, with the ball and the steps of its appendix.
        The scale s is ours, and so are the defaults, those of other libraries.
    """

    name: ClassVar[str] = "pgd-l2"

    epsilon: float = 1.0
    steps: int = 10
    step_size: float = 0.2
    random_start: bool = True

    def __post_init__(self) -> None:
        positive(epsilon=self.epsilon)
        at_least(1 / LEVELS, epsilon=self.epsilon)
        at_least(1, steps=self.steps)
        fraction(step_size=self.step_size)

    @override
    def perturb(self, search: Search) -> None:
        images = search.images
        change = torch.zeros_like(images)
        if self.random_start:
            search.judge(images)
            radius = self.epsilon * (1 + search.random()[:, 0, 0, 0]) / 2
            change = within(times(unit_length(search.normal()), radius), images)
        for _ in search.rounds(self.steps):
            gradient = search.gradient(largest_rounded(change, images, self.epsilon))
            change = change - self.step_size * self.epsilon * unit_length(gradient)
            length = lengths(change).clamp(max=self.epsilon)
            change = within(times(unit_length(change), length), images)
        search.finish(largest_rounded(change, images, self.epsilon))


def within(change: Images, images: Images) -> Images:
    """The part of a change that [0, 1] has room for."""
    return (images + change).clamp(0, 1) - images


def largest_rounded(change: Images, images: Images, epsilon: float) -> Images:
    """The rounded images that go as far along a change as a ball of that radius allows.

    Args:
        change: Where to; never beyond its end.
        images: Centres of the balls.
        epsilon: Radius of the balls, as a Euclidean length.
    """
    scale: PerImage = images.new_zeros(len(images))
    for halving in range(HALVINGS):
        wider = scale + 0.5**halving
        moved = to_levels(images + times(change, wider)) - images
        scale = torch.where((lengths(moved) <= epsilon) & (wider <= 1), wider, scale)
    return to_levels(images + times(change, scale))
