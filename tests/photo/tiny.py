"""Recognisers of a few numbers, and a photo with a face that is known."""

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from typing_extensions import override

from sublimen.photo.region import union
from sublimen.recognisers.base import Embedder
from sublimen.recognisers.face import Box, Face
from sublimen.types import Chips, Embeddings


class Tiny(Embedder):
    """Random weights on a chip that is reduced to 10 x 10."""

    name: ClassVar[str] = "tiny"
    side: ClassVar[int] = 150
    threshold: ClassVar[float] = 0.5
    false_match_rate: ClassVar[float] = 0.02
    licence: ClassVar[str] = "none"
    origin: ClassVar[str] = "made here"

    def __init__(self, features: int = 4, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.weights: Tensor = torch.randn(300, features, generator=generator) / 10

    @override
    def embed(self, chips: Chips) -> Embeddings:
        small = torch.nn.functional.avg_pool2d(chips, 15)
        return small.flatten(1) @ self.weights


class Other(Tiny):
    """Another one, that shows the middle of the square larger."""

    name: ClassVar[str] = "other"
    threshold: ClassVar[float] = 1.0

    @override
    def window(self, face: Face) -> Box:
        return union(super().window(face), Box(100, 90, 230, 150))

    @override
    def cut(self, photo, face, *, origin=(0, 0)):
        middle = super().cut(photo, face, origin=origin)
        return torch.nn.functional.interpolate(middle[..., 30:120, 30:120], (150, 150))


FACE = Face(
    Box(60, 70, 160, 170),
    ((141.0, 96.0), (121.0, 98.0), (76.0, 96.0), (95.0, 98.0), (109.0, 132.0)),
    ((85.0, 97.0), (131.0, 97.0), (108.0, 122.0), (90.0, 148.0), (127.0, 148.0)),
)


def photo() -> np.ndarray:
    """A smooth picture, so that what is seen on a coarser grid is nearly the same."""
    rows, columns = np.mgrid[0:240, 0:250] / 40
    planes = [np.sin(rows + k) * np.cos(columns * (1 + k / 3)) for k in range(3)]
    return np.rint(128 + 90 * np.stack(planes, axis=-1)).astype(np.uint8)
