"""The fast gradient sign method with steps in proportion to a JND map."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias, final

import torch
from typing_extensions import override

from sublimen.attacks.base import Attack
from sublimen.attacks.budget import Radius
from sublimen.attacks.fgsm import Fgsm
from sublimen.attacks.search import Search
from sublimen.checks import fraction
from sublimen.errors import SettingError
from sublimen.jnd.base import JndModel
from sublimen.jnd.chou_li import ChouLi
from sublimen.types import Images, JndMap

Normalise: TypeAlias = Literal["mean", "max"]
"""What a map is divided by: its mean, or its largest value."""


@final
@dataclass(frozen=True, kw_only=True)
class JndFgsm(Attack):
    """One step against the sign of the gradient, longer where less is noticed.

        z = clip(x - e J_n sign(grad L(x))),    J_n = J / mean(J)  or  J / max(J)

    where L is lowered by the adversary, J is the JND map of x, mean and maximum are those of each
    image, and clip keeps z in [0, 1]. Divided by its mean, the map leaves the mean change of the
    fast gradient sign method as it was; divided by its maximum, the largest. Steps are fractions
    of a level here, so that rounding adds or takes up to half a level.

    Args:
        jnd: Model of what people notice, J.
        epsilon: Mean or largest change e, in the unit of the images, in (0, 1].
        normalise: What the map is divided by, `mean` or `max`.

    References:
        Zhang, Qiao and others, "AdvJND: generating adversarial examples with just noticeable
        difference", ML4CS 2020. How the map is normalised was not to be found; both
        forms are ours, and the JND model is an argument.
    """

    name: ClassVar[str] = "jnd-fgsm"

    jnd: JndModel = field(default_factory=ChouLi)
    epsilon: float = 8 / 255
    normalise: Normalise = "mean"

    def __post_init__(self) -> None:
        fraction(epsilon=self.epsilon)
        check_normalise(self.normalise)

    @override
    def perturb(self, search: Search) -> None:
        shares = normalised(self.jnd(search.images), self.normalise)
        Fgsm(budget=Radius(self.epsilon * shares)).perturb(search)


def normalised(jnd: JndMap, by: Normalise) -> Images:
    """Each image's map divided by its mean or its largest value; a map of zeros stays one.

    Example:
        >>> normalised(torch.tensor([[[[1.0, 3.0]]]]), "mean").flatten().tolist()
        [0.5, 1.5]
    """
    values = jnd.flatten(1)
    whole = values.mean(dim=1) if by == "mean" else values.amax(dim=1)
    return jnd / torch.where(whole > 0, whole, 1).view(-1, 1, 1, 1)


def check_normalise(by: str) -> None:
    """Refuse a divisor that maps are not divided by.

    Raises:
        SettingError: Naming those that there are.
    """
    if by not in {"mean", "max"}:
        raise SettingError(f"normalise must be mean or max, got {by!r}")
