"""The momentum diverse inputs iterative fast gradient sign method."""

from dataclasses import dataclass
from typing import ClassVar, final

from typing_extensions import override

from sublimen.attacks.base import BoundedAttack
from sublimen.attacks.diversity import InputDiversity
from sublimen.attacks.mi_fgsm import MiFgsm
from sublimen.attacks.search import Search
from sublimen.attacks.through import Through
from sublimen.checks import at_least, fraction


@final
@dataclass(frozen=True, kw_only=True)
class MDi2Fgsm(BoundedAttack):
    """The momentum iterative method with gradients through input diversity.

        g_{k+1} = mu g_k + G_k / mean |G_k|,    G_k = grad L(D(z_k; p)),    g_0 = 0
        z_{k+1} = clip_{x, r}(z_k - a r(x) sign(g_{k+1})),                  z_0 = x

    where L is lowered by the adversary, D is `InputDiversity`, r is the budget, a the step as a
    fraction of it, and clip keeps z in the box around x and in [0, 1].

    Args:
        budget: How far each sample may move, r in the equations.
        steps: Number of steps at most, at least 1.
        step_size: Length a of a step as a fraction of the budget, in (0, 1].
        decay: What is left of the sum after a step, mu, at least 0; at 0 the method is DI2-FGSM.
        probability: With which an image is changed before a step, p, in [0, 1]; at 0 the method
            is MI-FGSM.
        ratio: Least or largest size of the changed image as a fraction of its side, as in
            `InputDiversity`.

    References:
        Xie, Zhang, Zhou, Bai, Wang, Ren, Yuille, "Improving transferability of adversarial
        examples with input diversity", CVPR 2019, section 3.3. The authors' program takes 20
        steps of one level in a budget of 16, with a decay of 1. Ours stops at the goal.
    """

    name: ClassVar[str] = "m-di2-fgsm"

    steps: int = 20
    step_size: float = 0.1
    decay: float = 1.0
    probability: float = 0.5
    ratio: float = 0.9

    def __post_init__(self) -> None:
        at_least(1, steps=self.steps)
        fraction(step_size=self.step_size)
        at_least(0, decay=self.decay)
        InputDiversity(probability=self.probability, ratio=self.ratio)

    @override
    def perturb(self, search: Search) -> None:
        inner = MiFgsm(
            budget=self.budget, steps=self.steps, step_size=self.step_size, decay=self.decay
        )
        view = InputDiversity(probability=self.probability, ratio=self.ratio)
        Through(inner=inner, views=(view,)).perturb(search)
