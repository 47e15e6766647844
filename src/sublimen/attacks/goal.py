"""What the adversary wants: values that turn a recogniser's output into a loss and a verdict."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Final, final

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from typing_extensions import override

from sublimen.checks import at_least
from sublimen.errors import SettingError
from sublimen.types import Labels, Logits, Output, PerImage, Reached, Rows, Ways

TINY: Final = 1e-8
"""Least scale of an excess; equal logits would divide by zero."""

WAYS: Final = 10
"""Classes besides the true one that count as ways out: those with the largest logits."""


class Goal(ABC):
    """What the adversary wants. The loss is lowered by the adversary."""

    towards: ClassVar[bool] = False
    """Whether it names whom to be taken for, not whom not to be taken for."""

    @abstractmethod
    def loss(self, output: Output) -> PerImage:
        """How far each image is from the goal; lower is nearer."""

    @abstractmethod
    def reached(self, output: Output) -> Reached:
        """Whether each image is there."""

    @abstractmethod
    def at(self, rows: Rows) -> "Goal":
        """The same goal for some images of the batch."""

    def excess(self, output: Output) -> PerImage:
        """By how much the goal is missed, in the unit of the output: negative beyond it.

        Attacks that look for the border (DeepFool, FMN, C&W, ALMA) go by it.

        Raises:
            SettingError: If this goal only has a loss.
        """
        del output
        raise SettingError(
            f"{type(self).__name__} has a loss but no `excess`; give it one, or choose an attack "
            "that only follows the loss, such as pgd"
        )

    def soft_excess(self, output: Output) -> PerImage:
        """The excess with every rival in it by its share, so that its slope sees them all.

        Where there are no rivals it is `excess`.
        """
        return self.excess(output)

    def scale(self, output: Output) -> PerImage:
        """What an excess is to be compared with, above 0, in the unit of the output."""
        return torch.ones_like(output[:, 0])

    def ways(self, output: Output) -> Ways:
        """The excess along each way to the goal; the least of them is `excess`."""
        return self.excess(output)[:, None]

    def misses(self, output: Output) -> Ways:
        """By how much each part of the goal is missed, over its scale: one column for each.

        Only a joint goal has several parts. The scale has no slope: with two classes it is the
        excess itself.
        """
        return (self.excess(output) / self.scale(output).detach())[:, None]

    def check(self, output: Output) -> None:
        """Refuse a model's first output for the whole batch if the goal does not fit it.

        Raises:
            SettingError: Saying what was expected and what came.
        """
        del output

    def on_summit(self, output: Output) -> Reached:
        """Where the loss is at its maximum, so that its gradient says nothing."""
        return torch.zeros(len(output), dtype=torch.bool, device=output.device)


@final
@dataclass(frozen=True, eq=False)
class Untargeted(Goal):
    """Any class but the true one: lower `log softmax(f)_y`, minus the cross-entropy.

        excess = f_y - max_{i != y} f_i + margin,    scale = f_(1) - f_(3)

    where f_(k) is the k-th largest logit.

    Args:
        labels: True class y of each image, at least 0.
        margin: Difference of logits by which another class must lead, at least 0; kappa.

    References:
        Carlini, Wagner, "Towards evaluating the robustness of neural networks", IEEE S&P 2017
        (kappa); Croce, Hein, "Reliable evaluation of adversarial robustness", ICML 2020 (scale).
    """

    labels: Labels
    margin: float = 0.0

    def __post_init__(self) -> None:
        at_least(0, margin=self.margin)
        _check_classes(labels=self.labels)

    @override
    def check(self, output: Logits) -> None:
        _check_fit(output, labels=self.labels)

    @override
    def loss(self, output: Logits) -> PerImage:
        return -cross_entropy(output, self.labels.long(), reduction="none")

    @override
    def reached(self, output: Logits) -> Reached:
        return (output.argmax(dim=1) != self.labels) & (self.excess(output) <= 0)

    @override
    def excess(self, output: Logits) -> PerImage:
        return self.ways(output)[:, 0]

    @override
    def scale(self, output: Logits) -> PerImage:
        largest = output.topk(min(3, output.shape[1])).values
        return (largest[:, 0] - largest[:, -1]).clamp(min=TINY)

    @override
    def ways(self, output: Logits) -> Ways:
        own = _logit_of(output, self.labels)
        others = _without(output, self.labels).topk(min(WAYS, output.shape[1] - 1)).values
        return own[:, None] - others + self.margin

    @override
    def at(self, rows: Rows) -> "Untargeted":
        return Untargeted(self.labels[rows], self.margin)


@final
@dataclass(frozen=True, eq=False)
class Targeted(Goal):
    """One particular class: lower the cross-entropy to it.

        excess = max_{i != t} f_i - f_t + margin,    scale = f_(1) - (f_(3) + f_(4)) / 2

    where f_(k) is the k-th largest logit; the soft excess has log sum_{i != t} exp f_i for the
    maximum, and falls the way the cross-entropy does.

    Args:
        targets: Wanted class t of each image, at least 0.
        margin: Difference of logits by which it must lead, at least 0; kappa.

    References:
        As for `Untargeted`.
    """

    towards: ClassVar[bool] = True

    targets: Labels
    margin: float = 0.0

    def __post_init__(self) -> None:
        at_least(0, margin=self.margin)
        _check_classes(targets=self.targets)

    @override
    def check(self, output: Logits) -> None:
        _check_fit(output, targets=self.targets)

    @override
    def loss(self, output: Logits) -> PerImage:
        return cross_entropy(output, self.targets.long(), reduction="none")

    @override
    def reached(self, output: Logits) -> Reached:
        return (output.argmax(dim=1) == self.targets) & (self.excess(output) <= 0)

    @override
    def excess(self, output: Logits) -> PerImage:
        best = _without(output, self.targets).amax(dim=1)
        return best - _logit_of(output, self.targets) + self.margin

    @override
    def soft_excess(self, output: Logits) -> PerImage:
        rivals: PerImage = _without(output, self.targets).logsumexp(dim=1)
        return rivals - _logit_of(output, self.targets) + self.margin

    @override
    def scale(self, output: Logits) -> PerImage:
        largest = output.topk(min(4, output.shape[1])).values
        return (largest[:, 0] - largest[:, -2:].mean(dim=1)).clamp(min=TINY)

    @override
    def at(self, rows: Rows) -> "Targeted":
        return Targeted(self.targets[rows], self.margin)


def _logit_of(output: Logits, classes: Labels) -> PerImage:
    return output.gather(1, classes.long()[:, None])[:, 0]


def _without(output: Logits, classes: Labels) -> Logits:
    """The logits with one class of each image out of the running."""
    return output.scatter(1, classes.long()[:, None], -torch.inf)


def _check_classes(**settings: Labels) -> None:
    for name, classes in settings.items():
        if classes.ndim != 1 or classes.is_floating_point():
            raise SettingError(
                f"{name} must be one whole number per image, "
                f"got {classes.dtype} of shape {tuple(classes.shape)}"
            )
        if (classes < 0).any():
            raise SettingError(f"{name} must be at least 0, got {classes.min().item()}")


def _check_fit(output: Logits, **settings: Tensor) -> None:
    if output.shape[1] < 2:
        raise SettingError(
            "a goal about classes needs a model with 2 of them or more, got 1 output; "
            "Dodge and Impersonate are for embeddings"
        )
    for name, classes in settings.items():
        if len(classes) != len(output):
            raise SettingError(
                f"{name} must be one per image, {len(output)}, got {len(classes)} of them"
            )
        if (classes >= output.shape[1]).any():
            raise SettingError(
                f"{name} must be below the number of classes, {output.shape[1]}, "
                f"got {classes.max().item()}"
            )
