"""The basic iterative method with steps in proportion to a JND map."""

from dataclasses import dataclass, field
from typing import ClassVar, final

from typing_extensions import override

from sublimen.attacks.base import Attack
from sublimen.attacks.bim import Bim
from sublimen.attacks.budget import Radius
from sublimen.attacks.jnd_fgsm import Normalise, check_normalise, normalised
from sublimen.attacks.search import Search
from sublimen.checks import at_least, fraction
from sublimen.jnd.base import JndModel
from sublimen.jnd.chou_li import ChouLi


@final
@dataclass(frozen=True, kw_only=True)
class IJndFgsm(Attack):
    """Steps against the sign of the gradient, longer where less is noticed, kept in a box.

        z_0 = x,    z_{k+1} = clip_{x, r}(z_k - a r sign(grad L(z_k))),    r = e J_n
        J_n = J / mean(J)  or  J / max(J)

    where L is lowered by the adversary, J is the JND map of x, mean and maximum are those of each
    image, and clip keeps z in the box around x and in [0, 1]. The sides of the box are fractions
    of a level here, so that rounding may lead out of it by up to half a level.

    Args:
        jnd: Model of what people notice, J.
        epsilon: Mean or largest side e of the box, in the unit of the images, in (0, 1].
        normalise: What the map is divided by, `mean` or `max`.
        steps: Number of steps at most, at least 1.
        step_size: Length a of a step as a fraction of the box, in (0, 1].

    References:
        Zhang, Qiao and others, "AdvJND: generating adversarial examples with just noticeable
        difference", ML4CS 2020. How the map is normalised, steps and step size were
        not to be found; they are ours, and the JND model is an argument.
    """

    name: ClassVar[str] = "i-jnd-fgsm"

    jnd: JndModel = field(default_factory=ChouLi)
    epsilon: float = 8 / 255
    normalise: Normalise = "mean"
    steps: int = 40
    step_size: float = 0.1

    def __post_init__(self) -> None:
        fraction(epsilon=self.epsilon, step_size=self.step_size)
        check_normalise(self.normalise)
        at_least(1, steps=self.steps)

    @override
    def perturb(self, search: Search) -> None:
        shares = normalised(self.jnd(search.images), self.normalise)
        budget = Radius(self.epsilon * shares)
        Bim(budget=budget, steps=self.steps, step_size=self.step_size).perturb(search)
