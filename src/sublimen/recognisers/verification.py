"""Verification, 1:1: are these two faces the same person?"""

from dataclasses import dataclass
from typing import final

import torch

from sublimen.checks import positive
from sublimen.recognisers.base import Embedder
from sublimen.types import Embeddings, PerImage, Reached


@final
@dataclass(frozen=True, kw_only=True)
class Verifier:
    """A threshold on the distance of two embeddings, of whatever network.

    Args:
        threshold: Euclidean distance up to which two faces match, above 0.
        false_match_rate: Share of pairs of different people that match at that threshold.
        source: Where that figure comes from.

    Example:
        >>> verifier = Verifier(threshold=0.6, false_match_rate=0.004, source="an example")
        >>> one = torch.zeros(2, 4)
        >>> other = torch.tensor([[0.5, 0, 0, 0], [0.7, 0, 0, 0]])
        >>> verifier.matches(one, other).tolist()
        [True, False]

    References:
        ISO/IEC 19795-1:2021, Biometric performance testing and reporting: verification, false
        match rate.
    """

    threshold: float
    false_match_rate: float
    source: str

    def __post_init__(self) -> None:
        positive(threshold=self.threshold)

    @classmethod
    def of(cls, embedder: Embedder | type[Embedder]) -> "Verifier":
        """A network's own threshold."""
        return cls(
            threshold=embedder.threshold,
            false_match_rate=embedder.false_match_rate,
            source=f"the description of {embedder.name}",
        )

    def distance(self, references: Embeddings, probes: Embeddings) -> PerImage:
        """Euclidean distance of each pair."""
        distances: PerImage = torch.linalg.vector_norm(references - probes, dim=1)
        return distances

    def matches(self, references: Embeddings, probes: Embeddings) -> Reached:
        """Whether each pair is taken for the same person."""
        return self.distance(references, probes) <= self.threshold
