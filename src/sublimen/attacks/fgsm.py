"""The fast gradient sign method."""

from dataclasses import dataclass
from typing import ClassVar, final

from typing_extensions import override

from sublimen.attacks.base import BoundedAttack
from sublimen.attacks.budget import project
from sublimen.attacks.search import Search


@final
@dataclass(frozen=True, kw_only=True)
class Fgsm(BoundedAttack):
    """One step against the sign of the gradient, as far as the budget allows.

        z = clip(x - r(x) sign(grad L(x)))

    where L is lowered by the adversary, r is the budget and clip keeps z in [0, 1].

    Args:
        budget: How far each sample may move, r in the equation.

    References:
        Goodfellow, Shlens, Szegedy, "Explaining and harnessing adversarial examples", ICLR 2015,
        section 4. The paper's budgets are 0.25 (MNIST) and 0.1 (CIFAR-10).
    """

    name: ClassVar[str] = "fgsm"

    @override
    def perturb(self, search: Search) -> None:
        images = search.images
        adversarial, radius = images, self.budget.radius(images)
        for _ in search.rounds(1):
            step = radius * search.gradient(images).sign()
            adversarial = project(images - step, images, radius)
        search.finish(adversarial)
