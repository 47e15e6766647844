"""What a recogniser is: a network that maps aligned faces to vectors."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import nn
from typing_extensions import override

from sublimen.checks import check_images
from sublimen.errors import ImageError
from sublimen.recognisers.alignment import Alignment, chip
from sublimen.recognisers.face import Box, Face
from sublimen.types import Chips, Embeddings, Images


class Embedder(nn.Module, ABC):
    """A face recogniser. Faces of one person are near each other.

    Chips are cut as dlib does it, unless a recogniser was trained on others.

    Attributes:
        name: Name in catalogues and results.
        side: Height and width of the chips it takes, in pixels.
        threshold: Euclidean distance up to which two faces match.
        false_match_rate: Share of pairs of different people that match at that threshold, see the
            class for its source.
        licence: Licence of the weights, in one line.
        origin: Where the weights come from, in one line.
    """

    name: ClassVar[str]
    side: ClassVar[int]
    threshold: ClassVar[float]
    false_match_rate: ClassVar[float]
    licence: ClassVar[str] = "unknown"
    origin: ClassVar[str] = "unknown"

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

    def window(self, face: Face) -> Box:
        """The part of a photo that `cut` reads; may leave the photo."""
        return Alignment.of(face).window

    def cut(self, photo: Images, face: Face, *, origin: tuple[int, int] = (0, 0)) -> Chips:
        """The aligned face, differentiable in the photo.

        Args:
            photo: A photo, or a part of it that holds `window` as far as the photo goes; a batch
                holds several versions of it.
            face: Where the face is in the photo.
            origin: Column and row of the part's first pixel in the photo.
        """
        return chip(photo, Alignment.of(face), origin=origin)

    @abstractmethod
    def embed(self, chips: Chips) -> Embeddings:
        """Embed chips that have been checked."""
