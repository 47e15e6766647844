"""What the adversary wants of an embedding: not to be matched with a person, or to be."""

from dataclasses import dataclass
from typing import ClassVar, Final, final

import torch
from torch import Tensor
from typing_extensions import override

from sublimen.attacks.goal import Goal
from sublimen.checks import at_least, positive
from sublimen.errors import SettingError
from sublimen.types import Embeddings, PerImage, Reached, Rows

SUMMIT: Final = 0.05
"""Share of the threshold below which a distance is that of a photo to itself: there the gradient
of a dodge is zero, or nothing but rounding noise."""


@final
@dataclass(frozen=True, eq=False)
class Dodge(Goal):
    """Not to be verified as the person of a reference.

        loss = -|e - r|^2,    reached where |e - r| > threshold + margin
        excess = threshold + margin - |e - r|

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
    def excess(self, output: Embeddings) -> PerImage:
        return self.threshold + self.margin - _distance(output, self.references)

    @override
    def scale(self, output: Embeddings) -> PerImage:
        return torch.full_like(output[:, 0], self.threshold)

    @override
    def at(self, rows: Rows) -> "Dodge":
        return Dodge(_pick(self.references, rows), self.threshold, self.margin)


@final
@dataclass(frozen=True, eq=False)
class Impersonate(Goal):
    """To be verified as the person of a reference.

        loss = |e - r|^2,    reached where |e - r| <= threshold - margin
        excess = |e - r| - (threshold - margin)

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
    def excess(self, output: Embeddings) -> PerImage:
        return _distance(output, self.references) - (self.threshold - self.margin)

    @override
    def scale(self, output: Embeddings) -> PerImage:
        return torch.full_like(output[:, 0], self.threshold)

    @override
    def at(self, rows: Rows) -> "Impersonate":
        return Impersonate(_pick(self.references, rows), self.threshold, self.margin)


def _distance(output: Embeddings, references: Tensor) -> PerImage:
    distances: PerImage = torch.linalg.vector_norm(output - references, dim=1)
    return distances


def _pick(references: Embeddings, rows: Rows) -> Tensor:
    return references if len(references) == 1 else references[rows]


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
