"""The paper's method: gradient descent under a perceptual loss that is relaxed after failures."""

import math
from dataclasses import dataclass, field
from typing import ClassVar, Final, final

from typing_extensions import override

from sublimen.attacks.base import Attack
from sublimen.attacks.goal import Goal
from sublimen.attacks.lengths import unit_maximum
from sublimen.attacks.look import Penalty
from sublimen.attacks.perceptual_loss import PerceptualLoss
from sublimen.attacks.search import Search
from sublimen.checks import at_least, positive
from sublimen.errors import SettingError
from sublimen.jnd.base import JndModel
from sublimen.jnd.yang import Yang
from sublimen.types import Images, JndMap, PerImage, Rows

TOWARDS: Final = (30.0, -1.0)
"""First weight b and its change delta after a failure, for goals that name whom to be taken for."""

AWAY: Final = (1500.0, -50.0)
"""The same for goals that only name whom not to be taken for."""


@final
@dataclass(frozen=True, kw_only=True)
class JndPerceptual(Attack):
    """Descends the goal's loss together with what people would notice.

        L = alpha L_adv + b L_per                                                        (1), (2)
        z_0 = x,    z_{k+1} = clip(z_k - a grad L(z_k) / max |grad L(z_k)|)
        b <- max(0, b + delta) and again from x, when an attempt has failed              (8)

    where L_adv is the goal's loss, L_per the perceptual loss and clip keeps z in [0, 1]. An
    attempt ends at the first z that is at the goal as an 8-bit image. At b = 0 nothing is held
    back any more; with either published schedule that is the 31st attempt.

    Args:
        jnd: Model of what people notice, J.
        per: The perceptual loss with its settings.
        alpha: Weight of the goal's loss, above 0.
        beta: First weight b, at least 0; chosen by the goal if not given: 30 towards a target,
            1500 away from a label.
        delta: Change of b after a failed attempt, below 0; chosen by the goal if not given: -1
            towards a target, -50 away from a label.
        steps: Steps of an attempt at most, at least 1.
        step_size: Length a of the largest change of a sample in a step, in [0, 1] units, above 0.
        warm_start: Whether an attempt goes on where the failed one has ended.

    References:
        Xue, Jin, Sun, Lin, "HVS-inspired adversarial image generation with high perceptual
        quality", Journal of Cloud Computing 12:86, 2023, eqs. (1)-(8) and algorithm 1. The paper
        does not publish steps, step size, normalisation of the gradient and restarts; those are
        ours, and its JND model HVS-SD is an argument.
    """

    name: ClassVar[str] = "jnd-perceptual"

    jnd: JndModel = field(default_factory=Yang)
    per: PerceptualLoss = field(default_factory=PerceptualLoss)
    alpha: float = 1.0
    beta: float | None = None
    delta: float | None = None
    steps: int = 200
    step_size: float = 1 / 255
    warm_start: bool = False

    def __post_init__(self) -> None:
        positive(alpha=self.alpha, step_size=self.step_size)
        at_least(1, steps=self.steps)
        if self.beta is not None and not 0 <= self.beta < math.inf:
            raise SettingError(f"beta must be at least 0 and finite, got {self.beta}")
        if self.delta is not None and not -math.inf < self.delta < 0:
            raise SettingError(f"delta must be below 0 and finite, got {self.delta}")

    @override
    def perturb(self, search: Search) -> None:
        images, jnd = search.images, self.jnd(search.images)
        beta, delta = self.schedule(search.problem.goal)
        adversarial = images
        while search.going:
            penalty = self._penalty(images, jnd, beta)
            for _ in search.rounds(self.steps):
                gradient = unit_maximum(search.gradient(adversarial, penalty, scale=self.alpha))
                adversarial = (adversarial - self.step_size * gradient).clamp(0, 1)
            search.finish(adversarial)
            if beta == 0:
                return
            beta = max(0.0, beta + delta)
            adversarial = adversarial if self.warm_start else images

    def schedule(self, goal: Goal) -> tuple[float, float]:
        """First weight b and its change delta for a goal."""
        beta, delta = TOWARDS if goal.towards else AWAY
        return (
            beta if self.beta is None else self.beta,
            delta if self.delta is None else self.delta,
        )

    def _penalty(self, images: Images, jnd: JndMap, beta: float) -> Penalty:
        def penalty(candidates: Images, rows: Rows) -> PerImage:
            return beta * self.per(candidates, images[rows], jnd[rows])

        return penalty
