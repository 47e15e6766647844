"""Projected gradient descent."""

from dataclasses import dataclass
from typing import ClassVar, final

from typing_extensions import override

from sublimen.attacks.base import BoundedAttack
from sublimen.attacks.budget import project
from sublimen.attacks.search import Search
from sublimen.checks import at_least, fraction


@final
@dataclass(frozen=True, kw_only=True)
class Pgd(BoundedAttack):
    """Steps against the sign of the gradient from a random point of the budget.

        z_0 = clip_{x, r}(x + u r(x)),    u drawn evenly from [-1, 1) for each sample
        z_{k+1} = clip_{x, r}(z_k - a r(x) sign(grad L(z_k)))

    where L is lowered by the adversary, r is the budget, a the step as a fraction of it, and clip
    keeps z in the box around x and in [0, 1]. An image that is at the goal as it comes stays so.

    Args:
        budget: How far each sample may move, r in the equations.
        steps: Number of steps at most, at least 1.
        step_size: Length a of a step as a fraction of the budget, in (0, 1].
        random_start: Whether u is drawn; without it the method is the basic iterative method.

    References:
        Madry, Makelov, Schmidt, Tsipras, Vladu, "Towards deep learning models resistant to
        adversarial attacks", ICLR 2018, section 2.1. Defaults as for CIFAR-10: 10 steps of 2/255
        in a budget of 8/255.
    """

    name: ClassVar[str] = "pgd"

    steps: int = 10
    step_size: float = 0.25
    random_start: bool = True

    def __post_init__(self) -> None:
        at_least(1, steps=self.steps)
        fraction(step_size=self.step_size)

    @override
    def perturb(self, search: Search) -> None:
        images = search.images
        adversarial, radius = images, self.budget.radius(images)
        if self.random_start:
            search.judge(images)
            adversarial = project(images + radius * search.random(), images, radius)
        for _ in search.rounds(self.steps):
            step = self.step_size * radius * search.gradient(adversarial).sign()
            adversarial = project(adversarial - step, images, radius)
        search.finish(adversarial)
