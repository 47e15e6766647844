"""Recognisers whose weights lie in the store and whose chips are squares at any angle."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Final, TypeVar

from torch import Tensor, nn
from torch.nn.functional import normalize
from typing_extensions import override

from sublimen.recognisers import store
from sublimen.recognisers.base import Embedder
from sublimen.recognisers.checkpoint import load_strictly
from sublimen.recognisers.face import Box, Face
from sublimen.recognisers.five_points import SIDE, Placement
from sublimen.types import LEVELS, Chips, Embeddings, Images

CENTRE: Final = 127.5
"""Level subtracted from each channel, for networks of the ArcFace template."""

SCALE: Final = 128
"""Divisor of the centred levels."""

Stored = TypeVar("Stored", bound="StoredEmbedder")


class StoredEmbedder(Embedder):
    """A frozen network with the weights of the store.

    Args:
        tensors: Parameters by the names of the network, as the store holds them.

    Raises:
        WeightsError: If the parameters do not fit the network.
    """

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.network = self.layers()
        load_strictly(self.network, tensors, name=f"weights of {self.name}")
        self.requires_grad_(requires_grad=False)
        self.eval()

    @classmethod
    def load(cls: type[Stored]) -> Stored:
        """The network with the weights of the store.

        Raises:
            MissingExtraError: If the package that knows where the store is is not installed.
            WeightsError: If they are not in the store, or not what they should be.
        """
        return cls(store.read(cls.name))

    @staticmethod
    @abstractmethod
    def layers() -> nn.Sequential:
        """The layers in forward order."""

    @staticmethod
    @abstractmethod
    def placement(face: Face) -> Placement:
        """Where in a photo the chip of a face is."""

    @override
    def window(self, face: Face) -> Box:
        return self.placement(face).window

    @override
    def cut(self, photo: Images, face: Face, *, origin: tuple[int, int] = (0, 0)) -> Chips:
        return self.placement(face).cut(photo, origin=origin)


class TemplateEmbedder(StoredEmbedder):
    """A network of the ArcFace template: chips by a similarity to it, levels centred and scaled.

    Args:
        tensors: Parameters by the names of the network, as the store holds them.

    Raises:
        WeightsError: If the parameters do not fit the network.
    """

    side: ClassVar[int] = SIDE

    @staticmethod
    @override
    def placement(face: Face) -> Placement:
        return Placement.arcface(face)

    @override
    def embed(self, chips: Chips) -> Embeddings:
        features = self.network((chips * LEVELS - CENTRE) / SCALE)
        embeddings: Embeddings = normalize(features.flatten(1))
        return embeddings
