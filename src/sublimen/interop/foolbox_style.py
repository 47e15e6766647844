"""Attacks of ours in the calling convention of foolbox 3.

attack = FoolboxStyle("pgd")
raw, clipped, success = attack(fmodel, images, labels, epsilons=[2 / 255, 8 / 255])
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, Literal, TypeAlias, final, overload

import torch
from torch import Tensor

from sublimen.attacks.aims import Aims
from sublimen.attacks.base import Attack
from sublimen.attacks.budget import TOLERANCE, Linf
from sublimen.attacks.function import PLAIN, Options, attack, chosen, has_budget, within
from sublimen.attacks.outcome import Outcome
from sublimen.attacks.pgd_l2 import PgdL2
from sublimen.checks import at_least
from sublimen.errors import SettingError
from sublimen.imaging.levels import to_levels
from sublimen.types import LEVELS, Images, Output, Reached

Model: TypeAlias = Callable[[Tensor], Tensor]
"""Maps a batch of inputs to logits; with `bounds`, a pair of black and white, else [0, 1]."""

Run: TypeAlias = Callable[[Attack], Outcome]
Pair: TypeAlias = tuple[Images, Images]
"""What was found, and the same within a limit."""

NORMS: Final = {"l2": 2.0, "linf": torch.inf}
"""Orders of the norms that a change without a budget is shortened in."""

TINY: Final = 1e-12
"""Least length that a limit is divided by."""


def unit_model(model: Model) -> Callable[[Images], Output]:
    """A model of foolbox, such as its `PyTorchModel`, as one of ours, which sees [0, 1].

    Args:
        model: Called with inputs between its `bounds`; one without bounds is returned as it is.
    """
    black, white = _bounds(model)
    if (black, white) == (0, 1):
        return model
    return lambda images: model(images * (white - black) + black)


@final
class FoolboxStyle:
    """An attack of ours that is called as foolbox calls its own.

    An attack with a budget is run for each epsilon, any other once; its result is then shortened
    to each epsilon. Images are returned on the 8-bit lattice, and success is that of the clipped
    image. With an epsilon below one level nothing may move, and images stay as they are.

    Args:
        using: The attack, or its name.
        norm: What an epsilon limits if the attack has no budget.
        options: Seed, limits, callback and margin.

    Attributes:
        outcomes: All that is known of the last call, one for each run.
    """

    def __init__(
        self,
        using: Attack | str,
        *,
        norm: Literal["l2", "linf"] = "l2",
        options: Options = PLAIN,
    ) -> None:
        self.using = chosen(using)
        self.norm = norm
        self.options = options
        self.outcomes: list[Outcome] = []

    @overload
    def __call__(
        self, model: Model, inputs: Tensor, criterion: object, *, epsilons: float | None
    ) -> tuple[Tensor, Tensor, Reached]: ...

    @overload
    def __call__(
        self, model: Model, inputs: Tensor, criterion: object, *, epsilons: Sequence[float | None]
    ) -> tuple[list[Tensor], list[Tensor], Tensor]: ...

    def __call__(
        self,
        model: Model,
        inputs: Tensor,
        criterion: object,
        *,
        epsilons: float | Sequence[float | None] | None,
    ) -> tuple[Tensor, Tensor, Reached] | tuple[list[Tensor], list[Tensor], Tensor]:
        """Attack a batch.

        Args:
            model: Maps inputs to logits; foolbox's own models have `bounds`.
            inputs: Between these bounds.
            criterion: Labels, or an object with `labels` (away from them) or `target_classes`
                (towards them), as foolbox's `Misclassification` and `TargetedMisclassification`.
            epsilons: One limit or several, in the unit of the inputs; `None` for the attack's own
                budget, or for no limit.

        Returns:
            What was found, the same within the limit, and whether that is at the goal: lists and
            epsilons x batch for several limits.

        Raises:
            SettingError: If the criterion or an epsilon cannot be used.
        """
        black, white = _bounds(model)
        images = (inputs - black) / (white - black)
        aims = _aims(criterion).check(images)
        (part,) = aims.parts(unit_model(model), images, self.options.margin)
        limits = [epsilons] if epsilons is None or isinstance(epsilons, float | int) else epsilons
        units = [None if limit is None else _checked(limit / (white - black)) for limit in limits]
        run = partial(self._outcome, unit_model(model), images, aims)
        self.outcomes = []
        bounded = has_budget(self.using) or isinstance(self.using, PgdL2)
        pairs = (self._bounded if bounded else self._free)(run, images, units)
        raw = [one * (white - black) + black for one, _ in pairs]
        clipped = [one * (white - black) + black for _, one in pairs]
        success = [part.problem.reached(one) for _, one in pairs]
        if epsilons is None or isinstance(epsilons, float | int):
            return raw[0], clipped[0], success[0]
        return raw, clipped, torch.stack(success)

    def _outcome(
        self, model: Callable[[Images], Output], images: Images, aims: Aims, using: Attack
    ) -> Outcome:
        outcome = attack(
            model,
            images,
            using=using,
            labels=aims.labels,
            targets=aims.targets,
            options=self.options,
        )
        self.outcomes.append(outcome)
        return outcome

    def _bounded(self, run: Run, images: Images, limits: Sequence[float | None]) -> list[Pair]:
        """What an attack inside a budget finds within each."""
        found = []
        for limit in limits:
            if limit is not None and limit * LEVELS < 1 - TOLERANCE:
                found.append(to_levels(images))
            else:
                using = self.using if limit is None else _limited(self.using, limit)
                found.append(run(using).images)
        return [(one, one) for one in found]

    def _free(self, run: Run, images: Images, limits: Sequence[float | None]) -> list[Pair]:
        """What an attack without a budget finds, and what is left of it within each limit."""
        raw = run(self.using).images
        return [
            (raw, raw if limit is None else shortened(raw, images, limit, NORMS[self.norm]))
            for limit in limits
        ]


def shortened(adversarial: Images, images: Images, limit: float, order: float) -> Images:
    """Images on the way back to the originals, by whole levels, no farther than a limit.

        z' = x + s (z - x),    s = min(1, limit / |z - x|_2)            in the Euclidean norm
        z' = x + clip(z - x, -limit, limit)                             in the maximum norm

    rounded towards x.

    Args:
        adversarial: What was found, z, on the 8-bit lattice.
        images: Originals x.
        limit: Largest distance, at least 0, in the unit of the images.
        order: Order of the norm, 2 or infinity.
    """
    change = adversarial - images
    if order == torch.inf:
        change = change.clamp(-limit, limit)
    else:
        lengths = torch.linalg.vector_norm(change.flatten(1), dim=1).view(-1, 1, 1, 1)
        change = change * (limit / lengths.clamp(min=TINY)).clamp(max=1)
    levels = (images + change) * LEVELS
    inwards = torch.where(change > 0, (levels + TOLERANCE).floor(), (levels - TOLERANCE).ceil())
    return inwards / LEVELS


def _limited(using: Attack, limit: float) -> Attack:
    return replace(using, epsilon=limit) if isinstance(using, PgdL2) else within(using, Linf(limit))


def _bounds(model: Model) -> tuple[float, float]:
    black, white = getattr(model, "bounds", (0.0, 1.0))
    return float(black), float(white)


def _checked(limit: float) -> float:
    at_least(0, epsilons=limit)
    return limit


def _aims(criterion: object) -> Aims:
    """What a criterion of foolbox is about.

    Raises:
        SettingError: If it is none of those that are known.
    """
    labels = getattr(criterion, "labels", criterion)
    targets = getattr(criterion, "target_classes", None)
    found = _tensor(labels if targets is None else targets)
    if found is None:
        raise SettingError(
            "criterion must be labels, Misclassification or TargetedMisclassification, "
            f"got {type(criterion).__name__}"
        )
    if (found < 0).any():
        raise SettingError(f"criterion must be about classes from 0, got {int(found.min())}")
    return Aims(found, None) if targets is None else Aims(None, found)


def _tensor(classes: object) -> Tensor | None:
    """A tensor, also of those that eagerpy has wrapped."""
    raw = getattr(classes, "raw", classes)
    return raw if isinstance(raw, Tensor) else None
