"""The calling convention of torchattacks for any attack of ours."""

from collections.abc import Callable, Sequence
from typing import Final, Literal, TypeAlias

import torch
from torch import Generator, Tensor

from sublimen.attacks.base import Attack
from sublimen.attacks.function import Options, attack
from sublimen.attacks.halving import answers
from sublimen.attacks.outcome import Outcome
from sublimen.checks import at_least
from sublimen.errors import SettingError
from sublimen.types import Images, Labels, Logits, Output

Model: TypeAlias = Callable[[Tensor], Tensor]
"""Maps a batch of images to logits."""

Choice: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""Targets of inputs and their labels."""

ROUNDING: Final = 1e-5
"""How far outside [0, 1] an image may be by the arithmetic of its normalisation."""


class TorchattacksStyle:
    """An attack of ours that is set up and called as torchattacks does it.

    Args:
        model: Maps inputs to logits.
        using: The attack.
        margin: Difference of logits by which the wanted class must lead, at least 0.

    Attributes:
        outcome: All that is known of the last call; `None` before it.
        generator: Source of the seed of each call; seed 0 where there is none.
    """

    def __init__(self, model: Model, using: Attack, *, margin: float = 0.0) -> None:
        self.model = model
        self.using = using
        self.outcome: Outcome | None = None
        self.generator: Generator | None = None
        self._margin = margin
        self._choice: Choice | None = None
        self._by_label = False
        self._normalisation: tuple[Sequence[float], Sequence[float]] | None = None
        self._levels = False

    def __call__(self, inputs: Tensor, labels: Labels | None = None) -> Tensor:
        """Attack a batch.

        Args:
            inputs: Images in [0, 1]; normalised ones if that has been said.
            labels: True classes, or targets if that has been said; own predictions of the model
                if not given.

        Returns:
            The adversarial images, in the form of the inputs.

        Raises:
            SettingError: If the labels do not fit, or targets are to be had of missing labels.
        """
        images = self._plain(inputs)
        given, targets = labels, None
        if self._by_label and labels is None:
            raise SettingError("labels must be the targets in this mode, got none")
        if self._by_label:
            given, targets = None, labels
        elif self._choice is not None:
            given = self._logits(inputs).argmax(dim=1) if labels is None else labels
            targets = self._choice(inputs, given)
        options = Options(generator=self.generator, margin=self._margin)
        self.outcome = attack(
            self._seen, images, using=self.using, labels=given, targets=targets, options=options
        )
        return self.outcome.uint8 if self._levels else self._dressed(self.outcome.images)

    def set_mode_default(self) -> None:
        """Away from the labels."""
        self._choice, self._by_label = None, False

    def set_mode_targeted_by_label(self, *, quiet: bool = True) -> None:
        """Towards the labels of the call, which are then targets."""
        del quiet
        self._choice, self._by_label = None, True

    def set_mode_targeted_by_function(
        self, target_map_function: Choice, *, quiet: bool = True
    ) -> None:
        """Towards what a function makes of inputs and labels."""
        del quiet
        self._choice, self._by_label = target_map_function, False

    def set_mode_targeted_least_likely(self, kth_min: int = 1, *, quiet: bool = True) -> None:
        """Towards the least likely class, or the k-th least likely, besides the label."""
        del quiet
        at_least(1, kth_min=kth_min)
        self.set_mode_targeted_by_function(
            lambda inputs, labels: _ranked(self._logits(inputs), labels, kth_min)
        )

    def set_mode_targeted_random(self, *, quiet: bool = True) -> None:
        """Towards a class besides the label, drawn from the generator."""
        del quiet

        def drawn(inputs: Tensor, labels: Tensor) -> Tensor:
            logits = self._logits(inputs)
            generator = self.generator or Generator().manual_seed(0)
            steps = torch.randint(1, logits.shape[1], labels.shape, generator=generator)
            return (labels + steps.to(labels)) % logits.shape[1]

        self.set_mode_targeted_by_function(drawn)

    def set_normalization_used(self, mean: Sequence[float], std: Sequence[float]) -> None:
        """Say that inputs and model are about (image - mean) / std, per channel."""
        self._normalisation = (mean, std)

    def set_return_type(self, type: Literal["float", "int"]) -> None:
        """Return floats in the form of the inputs, or 8-bit levels."""
        self._levels = type == "int"

    def _logits(self, inputs: Tensor) -> Logits:
        return answers(self.model, inputs)

    def _seen(self, images: Images) -> Output:
        return self.model(self._dressed(images))

    def _plain(self, inputs: Tensor) -> Images:
        if self._normalisation is None:
            return inputs
        mean, std = _channels(self._normalisation, inputs)
        images = inputs * std + mean
        outside = ((images < -ROUNDING) | (images > 1 + ROUNDING)).any()
        return images if outside else images.clamp(0, 1)

    def _dressed(self, images: Images) -> Tensor:
        if self._normalisation is None:
            return images
        mean, std = _channels(self._normalisation, images)
        return (images - mean) / std


def _channels(
    normalisation: tuple[Sequence[float], Sequence[float]], like: Tensor
) -> tuple[Tensor, Tensor]:
    mean, std = (like.new_tensor(values).view(1, -1, 1, 1) for values in normalisation)
    return mean, std


def _ranked(logits: Logits, labels: Tensor, place: int) -> Tensor:
    """The class at a place from below, the label left out."""
    others = logits.scatter(1, labels.long()[:, None], torch.inf)
    return others.argsort(dim=1)[:, place - 1]
