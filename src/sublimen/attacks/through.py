"""Views for any attack that follows gradients."""

from dataclasses import dataclass, field
from typing import ClassVar, final

from typing_extensions import override

from sublimen.attacks.base import Attack
from sublimen.attacks.bim import Bim
from sublimen.attacks.diversity import InputDiversity
from sublimen.attacks.search import Search
from sublimen.attacks.view import View


def diverse() -> tuple[View, ...]:
    """Input diversity alone."""
    return (InputDiversity(),)


@final
@dataclass(frozen=True, kw_only=True)
class Through(Attack):
    """Another attack, with gradients taken through views.

        G(z) = grad L(v_n(... v_1(z)))

    What is judged is the image itself: views change where an attack goes, not what it has to
    reach. With the basic iterative method and input diversity it is DI2-FGSM.

    Args:
        inner: The other attack.
        views: What gradients are taken through, the first nearest to the images.

    References:
        Xie, Zhang, Zhou, Bai, Wang, Ren, Yuille, "Improving transferability of adversarial
        examples with input diversity", CVPR 2019; Dong, Pang, Su, Zhu, "Evading defenses to
        transferable adversarial examples by translation-invariant attacks", CVPR 2019; Athalye,
        Engstrom, Ilyas, Kwok, "Synthesizing robust adversarial examples", ICML 2018.
    """

    name: ClassVar[str] = "through"

    inner: Attack = field(default_factory=Bim)
    views: tuple[View, ...] = field(default_factory=diverse)

    @override
    def perturb(self, search: Search) -> None:
        for view in self.views:
            search = search.through(view)
        self.inner.perturb(search)
