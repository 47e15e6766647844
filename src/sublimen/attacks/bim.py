"""The basic iterative method."""

from dataclasses import dataclass
from typing import ClassVar, final

from typing_extensions import override

from sublimen.attacks.base import BoundedAttack
from sublimen.attacks.budget import project
from sublimen.attacks.search import Search
from sublimen.checks import at_least, fraction


@final
@dataclass(frozen=True, kw_only=True)
class Bim(BoundedAttack):
    """Steps against the sign of the gradient, kept inside the budget.

        z_0 = x,    z_{k+1} = clip_{x, r}(z_k - a r(x) sign(grad L(z_k)))

    where L is lowered by the adversary, r is the budget, a the step as a fraction of it, and clip
    keeps z in the box around x and in [0, 1].

    Args:
        budget: How far each sample may move, r in the equations.
        steps: Number of steps at most, at least 1.
        step_size: Length a of a step as a fraction of the budget, in (0, 1].

    References:
        Kurakin, Goodfellow, Bengio, "Adversarial examples in the physical world", ICLR workshop
        2017, section 2.2. The paper's step is one 8-bit level and the number of steps
        min(epsilon + 4, 1.25 epsilon) in levels: step_size = 1/8 and 10 steps at 8/255. Ours is
        a little finer and longer, and stops at the goal.
    """

    name: ClassVar[str] = "bim"

    steps: int = 40
    step_size: float = 0.1

    def __post_init__(self) -> None:
        at_least(1, steps=self.steps)
        fraction(step_size=self.step_size)

    @override
    def perturb(self, search: Search) -> None:
        images = search.images
        adversarial, radius = images, self.budget.radius(images)
        for _ in search.rounds(self.steps):
            step = self.step_size * radius * search.gradient(adversarial).sign()
            adversarial = project(adversarial - step, images, radius)
        search.finish(adversarial)
