"""What a recogniser is: a network that maps aligned faces to vectors."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import nn
from typing_extensions import override

from sublimen.checks import check_images
from sublimen.errors import ImageError
from sublimen.types import Chips, Embeddings


class Embedder(nn.Module, ABC):
    """A face recogniser. Faces of one person are near each other.

    Attributes:
        name: Name in catalogues and results.
        side: Height and width of the chips it takes, in pixels.
        threshold: Euclidean distance up to which two faces match.
        false_match_rate: Share of pairs of different people that match at that threshold, see the
            class for its source.
    """

    name: ClassVar[str]
    side: ClassVar[int]
    threshold: ClassVar[float]
    false_match_rate: ClassVar[float]

    @override
    def forward(self, chips: Chips) -> Embeddings:
        """Embed aligned faces, sRGB in [0, 1]; preprocessing happens inside.

        Raises:
            ImageError: If the chips break the pixel convention or have another size.
        """
        check_images(chips, name="chips")
        if chips.shape[1:] != (3, self.side, self.side):
            raise ImageError(
                f"chips must be 3 x {self.side} x {self.side}, got {tuple(chips.shape[1:])}; "
                "align them with sublimen.recognisers.alignment.chip"
            )
        return self.embed(chips)

    @abstractmethod
    def embed(self, chips: Chips) -> Embeddings:
        """Embed chips that have been checked."""
