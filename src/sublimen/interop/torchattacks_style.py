"""Attacks of ours under the names and in the calling convention of torchattacks.

    from sublimen.interop import torchattacks_style as torchattacks

    attack = torchattacks.PGD(model, eps=8 / 255, alpha=2 / 255, steps=10)
    adversarial = attack(images, labels)

Other than there, each image stops at the goal, what is returned lies on the 8-bit lattice, the
model's mode is left alone, and nothing is printed.
"""

from typing import final

from sublimen.attacks.bim import Bim
from sublimen.attacks.budget import TOLERANCE, Linf
from sublimen.attacks.carlini_wagner import CarliniWagner
from sublimen.attacks.deep_fool import DeepFool as OurDeepFool
from sublimen.attacks.diversity import InputDiversity
from sublimen.attacks.fgsm import Fgsm
from sublimen.attacks.m_di2_fgsm import MDi2Fgsm
from sublimen.attacks.mi_fgsm import MiFgsm
from sublimen.attacks.pgd import Pgd
from sublimen.attacks.pgd_l2 import PgdL2
from sublimen.attacks.through import Through
from sublimen.attacks.translation import TranslationInvariance
from sublimen.checks import positive
from sublimen.errors import SettingError
from sublimen.interop.torchattacks_base import Model, TorchattacksStyle
from sublimen.types import LEVELS


@final
class FGSM(TorchattacksStyle):
    """`Fgsm` under the name that torchattacks has for it.

    Args:
        model: Maps images in [0, 1] to logits.
        eps: Budget, in the unit of the images.
    """

    def __init__(self, model: Model, eps: float = 8 / 255) -> None:
        super().__init__(model, Fgsm(budget=Linf(eps)))


@final
class BIM(TorchattacksStyle):
    """`Bim` under the name that torchattacks has for it.

    Args:
        model: Maps images in [0, 1] to logits.
        eps: Budget, in the unit of the images.
        alpha: Step, in the same unit.
        steps: Number of steps at most.
    """

    def __init__(
        self, model: Model, eps: float = 8 / 255, alpha: float = 2 / 255, steps: int = 10
    ) -> None:
        budget, step_size = _inside(eps, alpha)
        super().__init__(model, Bim(budget=budget, steps=steps, step_size=step_size))


@final
class PGD(TorchattacksStyle):
    """`Pgd` under the name that torchattacks has for it.

    Args:
        model: Maps images in [0, 1] to logits.
        eps: Budget, in the unit of the images.
        alpha: Step, in the same unit.
        steps: Number of steps at most.
        random_start: Whether it starts at a random point of the budget.
    """

    def __init__(
        self,
        model: Model,
        eps: float = 8 / 255,
        alpha: float = 2 / 255,
        steps: int = 10,
        *,
        random_start: bool = True,
    ) -> None:
        budget, step_size = _inside(eps, alpha)
        using = Pgd(budget=budget, steps=steps, step_size=step_size, random_start=random_start)
        super().__init__(model, using)


@final
class PGDL2(TorchattacksStyle):
    """`PgdL2` under the name that torchattacks has for it.

    Args:
        model: Maps images in [0, 1] to logits.
        eps: Radius, in the unit of the images.
        alpha: Step, in the same unit, at most eps.
        steps: Number of steps at most.
        random_start: Whether it starts at a random point of the ball.
    """

    def __init__(
        self,
        model: Model,
        eps: float = 1.0,
        alpha: float = 0.2,
        steps: int = 10,
        *,
        random_start: bool = True,
    ) -> None:
        positive(eps=eps)
        using = PgdL2(epsilon=eps, steps=steps, step_size=alpha / eps, random_start=random_start)
        super().__init__(model, using)


@final
class MIFGSM(TorchattacksStyle):
    """`MiFgsm` under the name that torchattacks has for it.

    Args:
        model: Maps images in [0, 1] to logits.
        eps: Budget, in the unit of the images.
        alpha: Step, in the same unit.
        steps: Number of steps at most.
        decay: What is left of the sum of gradients after a step.
    """

    def __init__(
        self,
        model: Model,
        eps: float = 8 / 255,
        alpha: float = 2 / 255,
        steps: int = 10,
        decay: float = 1.0,
    ) -> None:
        budget, step_size = _inside(eps, alpha)
        using = MiFgsm(budget=budget, steps=steps, step_size=step_size, decay=decay)
        super().__init__(model, using)


@final
class DIFGSM(TorchattacksStyle):
    """`MDi2Fgsm` under the name that torchattacks has for it.

    Args:
        model: Maps images in [0, 1] to logits.
        eps: Budget, in the unit of the images.
        alpha: Step, in the same unit.
        steps: Number of steps at most.
        decay: What is left of the sum of gradients after a step; none there by default.
        resize_rate: Least or largest size of the changed image as a fraction of its side.
        diversity_prob: Probability with which an image is changed before a step.
    """

    def __init__(  # noqa: PLR0913 -- as there
        self,
        model: Model,
        eps: float = 8 / 255,
        alpha: float = 2 / 255,
        steps: int = 10,
        decay: float = 0.0,
        *,
        resize_rate: float = 0.9,
        diversity_prob: float = 0.5,
    ) -> None:
        budget, step_size = _inside(eps, alpha)
        using = MDi2Fgsm(
            budget=budget,
            steps=steps,
            step_size=step_size,
            decay=decay,
            probability=diversity_prob,
            ratio=resize_rate,
        )
        super().__init__(model, using)


@final
class TIFGSM(TorchattacksStyle):
    """`Through` with both views, under the name that torchattacks has for it.

    Args:
        model: Maps images in [0, 1] to logits.
        eps: Budget, in the unit of the images.
        alpha: Step, in the same unit.
        steps: Number of steps at most.
        decay: What is left of the sum of gradients after a step; none there by default.
        len_kernel: Width of the Gaussian kernel in pixels, odd.
        nsig: Standard deviations from its middle to its rim.
        resize_rate: As for `DIFGSM`.
        diversity_prob: As for `DIFGSM`.
    """

    def __init__(  # noqa: PLR0913 -- as there
        self,
        model: Model,
        eps: float = 8 / 255,
        alpha: float = 2 / 255,
        steps: int = 10,
        decay: float = 0.0,
        *,
        len_kernel: int = 15,
        nsig: float = 3.0,
        resize_rate: float = 0.9,
        diversity_prob: float = 0.5,
    ) -> None:
        budget, step_size = _inside(eps, alpha)
        radius = len_kernel // 2
        views = (
            InputDiversity(probability=diversity_prob, ratio=resize_rate),
            TranslationInvariance(radius=radius, sigma=max(radius, 1) / nsig),
        )
        inner = MiFgsm(budget=budget, steps=steps, step_size=step_size, decay=decay)
        super().__init__(model, Through(inner=inner, views=views))


@final
class DeepFool(TorchattacksStyle):
    """`DeepFool` under the name that torchattacks has for it.

    Args:
        model: Maps images in [0, 1] to logits.
        steps: Number of steps at most.
        overshoot: How far beyond the border, as a fraction of the way.
    """

    def __init__(self, model: Model, steps: int = 50, overshoot: float = 0.02) -> None:
        super().__init__(model, OurDeepFool(steps=steps, overshoot=overshoot))


@final
class CW(TorchattacksStyle):
    """`CarliniWagner` with one constant, under the name that torchattacks has for it.

    Args:
        model: Maps images in [0, 1] to logits.
        c: Weight of the goal; there is no search for it.
        kappa: Margin of the goal in logits.
        steps: Number of steps.
        lr: Learning rate of Adam.
    """

    def __init__(
        self, model: Model, c: float = 1, kappa: float = 0, steps: int = 50, lr: float = 0.01
    ) -> None:
        using = CarliniWagner(searches=1, steps=steps, step_size=lr, constant=float(c))
        super().__init__(model, using, margin=float(kappa))


def _inside(eps: float, alpha: float) -> tuple[Linf, float]:
    """The budget, and steps of alpha as a fraction of it.

    Parts of a level are not used of the budget, so the fraction is of what is used.

    Raises:
        SettingError: If a step is longer than the budget.
    """
    budget = Linf(eps)
    used = int(eps * LEVELS + TOLERANCE) / LEVELS
    if not 0 < alpha <= used * (1 + TOLERANCE):
        raise SettingError(
            f"alpha must be in (0, {used:g}], what eps allows in whole levels, got {alpha:g}"
        )
    return budget, min(1.0, alpha / used)
