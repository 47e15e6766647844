"""Identification, 1:N and open set: who is this, if anybody we know?"""

from dataclasses import dataclass
from typing import NamedTuple, final

import torch
from jaxtyping import Float
from torch import Tensor

from sublimen.checks import positive
from sublimen.errors import SettingError
from sublimen.types import Embeddings


class Candidate(NamedTuple):
    """A person of the gallery and the least distance to any of their references."""

    name: str
    distance: float


@final
@dataclass(frozen=True)
class Gallery:
    """Enrolled people, each with the embeddings of one photo or more.

    Args:
        references: Embeddings by name, at least one person.
        threshold: Euclidean distance up to which a probe is taken for a person, above 0.

    Example:
        >>> gallery = Gallery({"Ada": torch.zeros(1, 2), "Max": torch.ones(2, 2)}, threshold=0.6)
        >>> probe = torch.tensor([0.0, 0.5])
        >>> gallery.rank(probe)[0]
        Candidate(name='Ada', distance=0.5)
        >>> gallery.identify(probe)
        [Candidate(name='Ada', distance=0.5)]
        >>> gallery.identify(torch.tensor([9.0, 9.0]))
        []

    References:
        ISO/IEC 19795-1:2021, Biometric performance testing and reporting: open-set
        identification, gallery, probe, candidate list, rank.
    """

    references: dict[str, Embeddings]
    threshold: float

    def __post_init__(self) -> None:
        positive(threshold=self.threshold)
        if not self.references:
            raise SettingError("references must hold at least one person, got none")
        widths = {embeddings.shape[1] for embeddings in self.references.values()}
        if len(widths) > 1:
            raise SettingError(f"references must be of one network, got widths {sorted(widths)}")

    def enrol(self, name: str, embeddings: Embeddings) -> "Gallery":
        """The gallery with one person more, or with more photos of a person."""
        known = self.references.get(name)
        joined = embeddings if known is None else torch.cat([known, embeddings])
        return Gallery({**self.references, name: joined}, self.threshold)

    def rank(self, probe: Float[Tensor, " features"]) -> list[Candidate]:
        """Everybody, nearest first; equal distances in the order of enrolment."""
        candidates = [
            Candidate(name, torch.linalg.vector_norm(embeddings - probe, dim=1).min().item())
            for name, embeddings in self.references.items()
        ]
        return sorted(candidates, key=lambda candidate: candidate.distance)

    def identify(self, probe: Float[Tensor, " features"]) -> list[Candidate]:
        """The candidates within the threshold, nearest first; empty if nobody is."""
        return [c for c in self.rank(probe) if c.distance <= self.threshold]
