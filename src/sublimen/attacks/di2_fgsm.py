"""The diverse inputs iterative fast gradient sign method."""

from dataclasses import dataclass
from typing import ClassVar, final

from typing_extensions import override

from sublimen.attacks.base import BoundedAttack
from sublimen.attacks.bim import Bim
from sublimen.attacks.diversity import InputDiversity
from sublimen.attacks.search import Search
from sublimen.attacks.through import Through
from sublimen.checks import at_least, fraction


@final
@dataclass(frozen=True, kw_only=True)
class Di2Fgsm(BoundedAttack):
    """The basic iterative method with gradients through input diversity.

        z_0 = x,    z_{k+1} = clip_{x, r}(z_k - a r(x) sign(grad L(D(z_k; p))))

    where L is lowered by the adversary, D is `InputDiversity`, r is the budget, a the step as a
    fraction of it, and clip keeps z in the box around x and in [0, 1].

    Args:
        budget: How far each sample may move, r in the equation.
        steps: Number of steps at most, at least 1.
        step_size: Length a of a step as a fraction of the budget, in (0, 1].
        probability: With which an image is changed before a step, p, in [0, 1]; at 0 the method
            is the basic iterative method.
        ratio: Least or largest size of the changed image as a fraction of its side, as in
            `InputDiversity`.

    References:
        Xie, Zhang, Zhou, Bai, Wang, Ren, Yuille, "Improving transferability of adversarial
        examples with input diversity", CVPR 2019, section 3.3. The authors' program takes 20
        steps of one level in a budget of 16. Ours stops at the goal.
    """

    name: ClassVar[str] = "di2-fgsm"

    steps: int = 20
    step_size: float = 0.1
    probability: float = 0.5
    ratio: float = 0.9

    def __post_init__(self) -> None:
        at_least(1, steps=self.steps)
        fraction(step_size=self.step_size)
        InputDiversity(probability=self.probability, ratio=self.ratio)

    @override
    def perturb(self, search: Search) -> None:
        inner = Bim(budget=self.budget, steps=self.steps, step_size=self.step_size)
        view = InputDiversity(probability=self.probability, ratio=self.ratio)
        Through(inner=inner, views=(view,)).perturb(search)
