"""What the adversary wants: values that turn a recogniser's output into a loss and a verdict."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Final, final

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from typing_extensions import override

from sublimen.checks import at_least, positive
from sublimen.errors import SettingError
from sublimen.types import Embeddings, Labels, Logits, Output, PerImage, Reached, Rows

SUMMIT: Final = 0.05
"""Share of the threshold below which a distance is that of a photo to itself: there the gradient
of a dodge is zero, or nothing but rounding noise."""


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

    Args:
        labels: True class of each image, at least 0.
    """

    labels: Labels

    def __post_init__(self) -> None:
        _check_classes(labels=self.labels)

    @override
    def check(self, output: Logits) -> None:
        _check_fit(output, labels=self.labels)

    @override
    def loss(self, output: Logits) -> PerImage:
        return -cross_entropy(output, self.labels.long(), reduction="none")

    @override
    def reached(self, output: Logits) -> Reached:
        return output.argmax(dim=1) != self.labels

    @override
    def at(self, rows: Rows) -> "Untargeted":
        return Untargeted(self.labels[rows])


@final
@dataclass(frozen=True, eq=False)
class Targeted(Goal):
    """One particular class: lower the cross-entropy to it.

    Args:
        targets: Wanted class of each image, at least 0.
    """

    towards: ClassVar[bool] = True

    targets: Labels

    def __post_init__(self) -> None:
        _check_classes(targets=self.targets)

    @override
    def check(self, output: Logits) -> None:
        _check_fit(output, targets=self.targets)

    @override
    def loss(self, output: Logits) -> PerImage:
        return cross_entropy(output, self.targets.long(), reduction="none")

    @override
    def reached(self, output: Logits) -> Reached:
        return output.argmax(dim=1) == self.targets

    @override
    def at(self, rows: Rows) -> "Targeted":
        return Targeted(self.targets[rows])


@final
@dataclass(frozen=True, eq=False)
class Dodge(Goal):
    """Not to be verified as the person of a reference.

        loss = -|e - r|^2,    reached where |e - r| > threshold + margin

    With the photo itself as reference the search starts on a summit of the loss, where the
    gradient is zero; `on_summit` says so, and `sublimen.attacks.search.Search` steps aside.

    Args:
        references: One embedding r for each image, or a single one for all.
        threshold: Euclidean distance up to which the verifier matches, above 0.
        margin: Distance to be reached beyond the threshold, at least 0.
    """

    references: Embeddings
    threshold: float
    margin: float = 0.0

    def __post_init__(self) -> None:
        positive(threshold=self.threshold)
        at_least(0, margin=self.margin)
        _check_references(self.references)

    @override
    def check(self, output: Embeddings) -> None:
        _check_features(output, self.references)

    @override
    def loss(self, output: Embeddings) -> PerImage:
        return -(output - self.references).square().sum(dim=1)

    @override
    def reached(self, output: Embeddings) -> Reached:
        return _distance(output, self.references) > self.threshold + self.margin

    @override
    def on_summit(self, output: Embeddings) -> Reached:
        return _distance(output, self.references) < SUMMIT * self.threshold

    @override
    def at(self, rows: Rows) -> "Dodge":
        return Dodge(_pick(self.references, rows), self.threshold, self.margin)


@final
@dataclass(frozen=True, eq=False)
class Impersonate(Goal):
    """To be verified as the person of a reference.

        loss = |e - r|^2,    reached where |e - r| <= threshold - margin

    Args:
        references: One embedding r for each image, or a single one for all.
        threshold: Euclidean distance up to which the verifier matches, above 0.
        margin: Distance to stay within the threshold, in [0, threshold).
    """

    towards: ClassVar[bool] = True

    references: Embeddings
    threshold: float
    margin: float = 0.0

    def __post_init__(self) -> None:
        positive(threshold=self.threshold)
        if not 0 <= self.margin < self.threshold:
            raise SettingError(f"margin must be in [0, {self.threshold}), got {self.margin}")
        _check_references(self.references)

    @override
    def check(self, output: Embeddings) -> None:
        _check_features(output, self.references)

    @override
    def loss(self, output: Embeddings) -> PerImage:
        return (output - self.references).square().sum(dim=1)

    @override
    def reached(self, output: Embeddings) -> Reached:
        return _distance(output, self.references) <= self.threshold - self.margin

    @override
    def at(self, rows: Rows) -> "Impersonate":
        return Impersonate(_pick(self.references, rows), self.threshold, self.margin)


def _distance(output: Embeddings, references: Tensor) -> PerImage:
    distances: PerImage = torch.linalg.vector_norm(output - references, dim=1)
    return distances


def _pick(references: Embeddings, rows: Rows) -> Tensor:
    return references if len(references) == 1 else references[rows]


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


def _check_references(references: Embeddings) -> None:
    if references.ndim != 2 or not references.isfinite().all():
        raise SettingError(
            "references must be finite embeddings, one row each, "
            f"got shape {tuple(references.shape)} with "
            f"{(~references.isfinite()).sum().item()} numbers that are not finite"
        )


def _check_features(output: Embeddings, references: Tensor) -> None:
    if len(references) not in {1, len(output)} or references.shape[1] != output.shape[1]:
        raise SettingError(
            f"references must have {output.shape[1]} features and 1 or {len(output)} rows, "
            f"got shape {tuple(references.shape)}"
        )
