"""What the adversary wants of an embedding: not to be matched with a person, or to be."""

from dataclasses import dataclass
from typing import ClassVar, Final, final

import torch
from torch import Tensor
from typing_extensions import override

from sublimen.attacks.goal import Goal
from sublimen.checks import at_least, positive
from sublimen.errors import SettingError
from sublimen.types import Embeddings, PerImage, Reached, References, Rows, Ways

SUMMIT: Final = 0.05
"""Share of the threshold below which a distance is that of a photo to itself: there the gradient
of a dodge is zero, or nothing but rounding noise."""


@final
@dataclass(frozen=True, eq=False)
class Dodge(Goal):
    """Not to be verified as the person of a reference, or of any of several.

        loss = -min_r |e - r|^2,    reached where every |e - r| > threshold + margin
        excess = threshold + margin - min_r |e - r|

    With the photo itself as reference the search starts on a summit of the loss, where the
    gradient is zero; `on_summit` says so, and `sublimen.attacks.search.Search` steps aside.

    Args:
        references: One embedding r for each image or several, or those of all images.
        threshold: Euclidean distance up to which the verifier matches, above 0.
        margin: Distance to be reached beyond the threshold, at least 0.
    """

    references: References
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
        return -_squares(output, self.references).amin(dim=1)

    @override
    def reached(self, output: Embeddings) -> Reached:
        return _nearest(output, self.references) > self.threshold + self.margin

    @override
    def on_summit(self, output: Embeddings) -> Reached:
        return _nearest(output, self.references) < SUMMIT * self.threshold

    @override
    def excess(self, output: Embeddings) -> PerImage:
        return self.threshold + self.margin - _nearest(output, self.references)

    @override
    def misses(self, output: Embeddings) -> Ways:
        return (self.threshold + self.margin - _distances(output, self.references)) / self.threshold

    @override
    def scale(self, output: Embeddings) -> PerImage:
        return torch.full_like(output[:, 0], self.threshold)

    @override
    def at(self, rows: Rows) -> "Dodge":
        return Dodge(_pick(self.references, rows), self.threshold, self.margin)


@final
@dataclass(frozen=True, eq=False)
class Impersonate(Goal):
    """To be verified as the person of a reference, or of the nearest of several.

        loss = min_r |e - r|^2,    reached where some |e - r| <= threshold - margin
        excess = min_r |e - r| - (threshold - margin)

    Args:
        references: One embedding r for each image or several, or those of all images.
        threshold: Euclidean distance up to which the verifier matches, above 0.
        margin: Distance to stay within the threshold, in [0, threshold).
    """

    towards: ClassVar[bool] = True

    references: References
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
        return _squares(output, self.references).amin(dim=1)

    @override
    def reached(self, output: Embeddings) -> Reached:
        return _nearest(output, self.references) <= self.threshold - self.margin

    @override
    def excess(self, output: Embeddings) -> PerImage:
        return _nearest(output, self.references) - (self.threshold - self.margin)

    @override
    def scale(self, output: Embeddings) -> PerImage:
        return torch.full_like(output[:, 0], self.threshold)

    @override
    def at(self, rows: Rows) -> "Impersonate":
        return Impersonate(_pick(self.references, rows), self.threshold, self.margin)


def _differences(output: Embeddings, references: References) -> Tensor:
    """From every reference of each image, with the references along the second axis."""
    several = references if references.ndim == 3 else references[:, None]
    return output[:, None] - several


def _squares(output: Embeddings, references: References) -> Ways:
    squares: Ways = _differences(output, references).square().sum(dim=2)
    return squares


def _distances(output: Embeddings, references: References) -> Ways:
    distances: Ways = torch.linalg.vector_norm(_differences(output, references), dim=2)
    return distances


def _nearest(output: Embeddings, references: References) -> PerImage:
    return _distances(output, references).amin(dim=1)


def _pick(references: References, rows: Rows) -> Tensor:
    return references if len(references) == 1 else references[rows]


def _check_references(references: Tensor) -> None:
    fits = references.ndim in {2, 3} and references.shape[-2] > 0
    if not fits or not references.isfinite().all():
        raise SettingError(
            "references must be finite embeddings, one row each, "
            f"got shape {tuple(references.shape)} with "
            f"{(~references.isfinite()).sum().item()} numbers that are not finite"
        )


def _check_features(output: Embeddings, references: Tensor) -> None:
    if len(references) not in {1, len(output)} or references.shape[-1] != output.shape[1]:
        raise SettingError(
            f"references must have {output.shape[1]} features and 1 or {len(output)} rows, "
            f"got shape {tuple(references.shape)}"
        )
