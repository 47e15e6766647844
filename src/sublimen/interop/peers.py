"""Attacks of torchattacks, foolbox, adv-lib and ART, made of a model for `Theirs`.

Each library is imported where its attack is made. Settings are those that the libraries ship, but
for the number of steps and for what is said here. An attack that knows no wanted classes takes no
`targeted`. What these libraries draw at random they draw from torch's global stream, which
`Theirs` seeds.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Final

import torch
from torch import Tensor, nn

from sublimen.checks import need
from sublimen.errors import MissingExtraError
from sublimen.interop.theirs import Foreign

EPSILON: Final = 8 / 255
"""Largest change of a sample under a budget."""

STEP: Final = 0.25
"""Step of the attacks within a budget as a share of it: torchattacks' 2/255 of 8/255."""

PLOTTER: Final = "visdom"
"""What adv-lib imports to plot with, which is not asked of it here."""

FIRST: Final = 0.1
"""Length of ALMA's first step in the Euclidean distance, as its paper has it."""

COLOUR_STEPS: Final = (0.1, 0.5)
"""PerC-AL's step down in colour difference: untargeted as in its paper, and the default."""


def torchattacks_pgd(
    model: nn.Module, *, steps: int = 10, epsilon: float = EPSILON, targeted: bool = False
) -> Foreign:
    """PGD of torchattacks, from a random start.

    Args:
        model: Maps images in [0, 1] to logits.
        steps: Gradients.
        epsilon: Largest change of a sample.
        targeted: Whether it is given wanted classes, not true ones.
    """
    return _within("PGD", model, steps, epsilon, targeted=targeted)


def torchattacks_bim(
    model: nn.Module, *, steps: int = 10, epsilon: float = EPSILON, targeted: bool = False
) -> Foreign:
    """BIM of torchattacks; arguments as of `torchattacks_pgd`."""
    return _within("BIM", model, steps, epsilon, targeted=targeted)


def torchattacks_mi_fgsm(
    model: nn.Module, *, steps: int = 10, epsilon: float = EPSILON, targeted: bool = False
) -> Foreign:
    """MI-FGSM of torchattacks; arguments as of `torchattacks_pgd`."""
    return _within("MIFGSM", model, steps, epsilon, targeted=targeted)


def torchattacks_deep_fool(model: nn.Module, *, steps: int = 50) -> Foreign:
    """DeepFool of torchattacks, untargeted; a gradient for each class in each step.

    Args:
        model: Maps images in [0, 1] to logits.
        steps: Linearisations at most.
    """
    return _torchattacks("DeepFool", model, targeted=False, steps=steps)


def torchattacks_cw(model: nn.Module, *, steps: int = 50, targeted: bool = False) -> Foreign:
    """Carlini and Wagner's attack of torchattacks, with one trade-off constant.

    Args:
        model: Maps images in [0, 1] to logits.
        steps: Gradients at most.
        targeted: Whether it is given wanted classes, not true ones.
    """
    return _torchattacks("CW", model, targeted=targeted, steps=steps)


def _within(name: str, model: nn.Module, steps: int, epsilon: float, *, targeted: bool) -> Foreign:
    return _torchattacks(
        name, model, targeted=targeted, steps=steps, eps=epsilon, alpha=STEP * epsilon
    )


def _torchattacks(name: str, model: nn.Module, *, targeted: bool, **settings: float) -> Foreign:
    made = getattr(need("torchattacks", extra="peers"), name)(model, **settings)
    if targeted:
        made.set_mode_targeted_by_label(quiet=True)
    attack: Foreign = made
    return attack


def foolbox_pgd(
    model: nn.Module, *, steps: int = 10, epsilon: float = EPSILON, targeted: bool = False
) -> Foreign:
    """LinfPGD of foolbox, from a random start; arguments as of `torchattacks_pgd`."""
    library = need("foolbox", extra="peers")
    attack = library.attacks.LinfPGD(rel_stepsize=STEP, steps=steps)

    def run(images: Tensor, classes: Tensor) -> Tensor:
        shown, wanted = _foolbox(library, model, images, classes, targeted=targeted)
        made: Tensor = attack(shown, images, wanted, epsilons=epsilon)[1]
        return made

    return run


def foolbox_ddn(model: nn.Module, *, steps: int = 100, targeted: bool = False) -> Foreign:
    """DDN of foolbox, Euclidean.

    Args:
        model: Maps images in [0, 1] to logits.
        steps: Gradients.
        targeted: Whether it is given wanted classes, not true ones.
    """
    library = need("foolbox", extra="peers")
    attack = library.attacks.DDNAttack(steps=steps)

    def run(images: Tensor, classes: Tensor) -> Tensor:
        shown, wanted = _foolbox(library, model, images, classes, targeted=targeted)
        made: Tensor = attack(shown, images, wanted, epsilons=None)[0]
        return made

    return run


def _foolbox(
    library: ModuleType, model: nn.Module, images: Tensor, classes: Tensor, *, targeted: bool
) -> tuple[object, object]:
    """The model and the goal in foolbox's words."""
    shown = library.PyTorchModel(model, bounds=(0, 1), device=images.device)
    criteria = library.criteria
    wanted = criteria.TargetedMisclassification if targeted else criteria.Misclassification
    return shown, wanted(classes)


def adv_lib_ddn(model: nn.Module, *, steps: int = 100, targeted: bool = False) -> Foreign:
    """DDN of adv-lib, on 256 levels as it ships; arguments as of `foolbox_ddn`."""
    return _adv_lib("ddn", model, targeted=targeted, steps=steps)


def adv_lib_fmn(
    model: nn.Module, *, steps: int = 100, norm: float = 2, targeted: bool = False
) -> Foreign:
    """FMN of adv-lib.

    Args:
        model: Maps images in [0, 1] to logits.
        steps: Gradients.
        norm: Which norm is small: 0, 1, 2 or infinity.
        targeted: Whether it is given wanted classes, not true ones.
    """
    return _adv_lib("fmn", model, targeted=targeted, steps=steps, norm=norm)


def adv_lib_alma(
    model: nn.Module, *, steps: int = 100, levels: int | None = None, targeted: bool = False
) -> Foreign:
    """ALMA of adv-lib in the Euclidean distance.

    Args:
        model: Maps images in [0, 1] to logits.
        steps: Gradients.
        levels: Levels to which every iterate is rounded; none as it ships.
        targeted: Whether it is given wanted classes, not true ones.
    """
    more = {} if levels is None else {"levels": levels}
    return _adv_lib(
        "alma", model, targeted=targeted, num_steps=steps, init_lr_distance=FIRST, **more
    )


def adv_lib_perc_al(model: nn.Module, *, steps: int = 100, targeted: bool = False) -> Foreign:
    """PerC-AL of adv-lib, small in CIEDE2000; arguments as of `foolbox_ddn`."""
    colour = COLOUR_STEPS[targeted]
    # The number of classes is asked for but read only where there is a confidence.
    return _adv_lib(
        "perc_al",
        model,
        targeted=targeted,
        max_iterations=steps,
        num_classes=0,
        alpha_c_init=colour,
    )


def _adv_lib(name: str, model: nn.Module, *, targeted: bool, **settings: float) -> Foreign:
    attack = getattr(_adv_lib_attacks(), name)

    def run(images: Tensor, classes: Tensor) -> Tensor:
        made: Tensor = attack(model, images, classes, targeted=targeted, **settings)
        return made

    return run


def _adv_lib_attacks() -> ModuleType:
    """Its attacks; without visdom, which it needs for plots alone, with something in its place."""
    absent = find_spec(PLOTTER) is None
    if absent:
        stand_in = ModuleType(PLOTTER)
        stand_in.__dict__["Visdom"] = object
        sys.modules[PLOTTER] = stand_in
    try:
        return import_module("adv_lib.attacks")
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "adv_lib is not installed; run: pip install --no-deps adv-lib"
        ) from error
    finally:
        if absent:
            del sys.modules[PLOTTER]


def art_bim(
    model: nn.Module, *, steps: int = 10, epsilon: float = EPSILON, targeted: bool = False
) -> Foreign:
    """BasicIterativeMethod of ART; arguments as of `torchattacks_pgd`.

    ART has to be told the number of classes, which costs one forward pass more.
    """
    estimators = need("art.estimators.classification", extra="peers")
    evasion = need("art.attacks.evasion", extra="peers")

    def run(images: Tensor, classes: Tensor) -> Tensor:
        with torch.no_grad():
            number = model(images[:1]).shape[1]
        shown = estimators.PyTorchClassifier(
            model=model,
            loss=nn.CrossEntropyLoss(),
            input_shape=tuple(images.shape[1:]),
            nb_classes=number,
            clip_values=(0.0, 1.0),
            device_type="gpu" if images.is_cuda else "cpu",
        )
        attack = evasion.BasicIterativeMethod(
            shown,
            eps=epsilon,
            eps_step=STEP * epsilon,
            max_iter=steps,
            targeted=targeted,
            batch_size=len(images),
            verbose=False,
        )
        made = attack.generate(x=images.cpu().numpy(), y=classes.cpu().numpy())
        return torch.from_numpy(made).to(images)

    return run
