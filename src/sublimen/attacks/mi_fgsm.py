"""The momentum iterative fast gradient sign method."""

from dataclasses import dataclass
from typing import ClassVar, final

import torch
from typing_extensions import override

from sublimen.attacks.base import BoundedAttack
from sublimen.attacks.budget import project
from sublimen.attacks.lengths import times, unit_maximum
from sublimen.attacks.search import Search
from sublimen.checks import at_least, fraction
from sublimen.types import Images


@final
@dataclass(frozen=True, kw_only=True)
class MiFgsm(BoundedAttack):
    """Steps against the sign of gradients that add up, kept inside the budget.

        g_{k+1} = mu g_k + grad L(z_k) / mean |grad L(z_k)|,    g_0 = 0
        z_{k+1} = clip_{x, r}(z_k - a r(x) sign(g_{k+1})),      z_0 = x

    where L is lowered by the adversary, r is the budget, a the step as a fraction of it, and clip
    keeps z in the box around x and in [0, 1].

    Args:
        budget: How far each sample may move, r in the equations.
        steps: Number of steps at most, at least 1.
        step_size: Length a of a step as a fraction of the budget, in (0, 1].
        decay: What is left of the sum after a step, mu, at least 0; at 0 the method is the basic
            iterative method.

    References:
        Dong, Liao, Pang, Su, Zhu, Hu, Li, "Boosting adversarial attacks with momentum", CVPR
        2018, eqs. (6)-(7): ten steps of a tenth of the budget, which is 16/255 there. The paper
        divides by the sum of magnitudes, the authors' program by their mean; the signs are the
        same. Ours stops at the goal.
    """

    name: ClassVar[str] = "mi-fgsm"

    steps: int = 10
    step_size: float = 0.1
    decay: float = 1.0

    def __post_init__(self) -> None:
        at_least(1, steps=self.steps)
        fraction(step_size=self.step_size)
        at_least(0, decay=self.decay)

    @override
    def perturb(self, search: Search) -> None:
        images = search.images
        adversarial, radius = images, self.budget.radius(images)
        momentum = torch.zeros_like(images)
        for _ in search.rounds(self.steps):
            momentum = self.decay * momentum + unit_mean(search.gradient(adversarial))
            step = self.step_size * radius * momentum.sign()
            adversarial = project(adversarial - step, images, radius)
        search.finish(adversarial)


def unit_mean(gradient: Images) -> Images:
    """Each image's gradient divided by its mean magnitude; zero stays zero.

    The largest magnitude is taken out first: a slope as flat as 1e-44 has a mean of zero.

    Example:
        >>> unit_mean(torch.tensor([[[[3.0, -1.0]]], [[[0.0, 0.0]]]])).flatten().tolist()
        [1.5, -0.5, 0.0, 0.0]
    """
    scaled = unit_maximum(gradient)
    mean = scaled.abs().flatten(1).mean(dim=1)
    return times(scaled, 1 / torch.where(mean > 0, mean, 1))
