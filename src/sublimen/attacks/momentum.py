"""Momentum for any attack that follows gradients."""

from dataclasses import dataclass, field
from typing import ClassVar, final

from typing_extensions import override

from sublimen.attacks.base import Attack
from sublimen.attacks.bim import Bim
from sublimen.attacks.mi_fgsm import unit_mean
from sublimen.attacks.search import Search
from sublimen.checks import at_least
from sublimen.types import Images


@final
@dataclass(frozen=True, kw_only=True)
class Momentum(Attack):
    """Another attack, with gradients that add up in place of its own.

        g_{k+1} = mu g_k + G(z_k) / mean |G(z_k)|,    g_0 = 0

    where G is the gradient that the other attack has asked for, its penalty included, and g what
    it gets. With the basic iterative method inside it is MI-FGSM. The sum goes on over everything
    that the attack asks, so that one which starts again keeps the sum of its last attempt.

    Args:
        inner: The other attack.
        decay: What is left of the sum after a step, mu, at least 0.

    References:
        Dong, Liao, Pang, Su, Zhu, Hu, Li, "Boosting adversarial attacks with momentum", CVPR
        2018, eq. (6); as a wrapper of any attack it is ours.
    """

    name: ClassVar[str] = "momentum"

    inner: Attack = field(default_factory=Bim)
    decay: float = 1.0

    def __post_init__(self) -> None:
        at_least(0, decay=self.decay)

    @override
    def perturb(self, search: Search) -> None:
        self.inner.perturb(search.filtered(Accumulator(self.decay)))


@final
class Accumulator:
    """The decaying sum of normalised gradients, to be used for one search.

    Args:
        decay: What is left of the sum after a step, at least 0.
    """

    def __init__(self, decay: float) -> None:
        self._decay = decay
        self._sum: Images | None = None

    def __call__(self, gradient: Images) -> Images:
        """The sum with one gradient more."""
        unit = unit_mean(gradient)
        self._sum = unit if self._sum is None else self._decay * self._sum + unit
        return self._sum
