"""InceptionResnetV1, the face classifier whose VGGFace2 checkpoint everybody knows."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Final, final

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from typing_extensions import override

from sublimen.errors import ImageError
from sublimen.recognisers.checkpoint import load_strictly, read_state_dict
from sublimen.recognisers.classifier import Classifier
from sublimen.types import LEVELS, Chips, Embeddings, Images, Logits

IDENTITIES: Final = 8631
"""People of VGGFace2's training set."""

CENTRE: Final = 127.5
"""Level that the network sees as 0."""

SCALE: Final = 128
"""Divisor of the centred levels."""

EPSILON: Final = 0.001
"""Added to the variances in batch normalisation."""


@final
class InceptionResnetV1(Classifier):
    """Inception blocks with shortcuts, to 512 numbers and 8,631 identities, frozen.

        logits = W b(g(z)) + c,    embedding = b(g(z)) / |b(g(z))|,    z = (255 x - 127.5) / 128

    where g are the convolutions, their mean over the picture and a linear layer, and b is batch
    normalisation. No list of the identities' names is published: the reference is what the
    network says of the original.

    Args:
        tensors: Parameters by facenet-pytorch's names.

    Raises:
        WeightsError: Naming the first parameter that is missing, unexpected or of another shape.

    References:
        Szegedy, Ioffe, Vanhoucke, Alemi, "Inception-v4, Inception-ResNet and the impact of
        residual connections on learning", AAAI 2017, section 3.2, with the widths and scales of
        Sandberg's FaceNet, 2018; the layout of the parameters is that of facenet-pytorch. Cao,
        Shen, Xie, Parkhi, Zisserman, "VGGFace2", FG 2018: the identities.
    """

    name: ClassVar[str] = "inception-resnet-v1"
    side: int = 160

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.labels = ()
        with torch.device("meta"):
            self.network = Layers()
        self.network.to_empty(device="cpu")
        load_strictly(self.network, tensors, name="InceptionResnetV1")
        self.requires_grad_(requires_grad=False)
        self.eval()

    @classmethod
    def load(cls, path: Path) -> "InceptionResnetV1":
        """The network with the user's copy of the checkpoint.

        Args:
            path: facenet-pytorch's `20180402-114759-vggface2.pt`, or a file of the same layout.

        Raises:
            WeightsError: If there is no such file or it does not fit.
        """
        return cls(read_state_dict(path))

    @override
    def classify(self, images: Images) -> Logits:
        logits: Logits = self.network.logits(self._features(images))
        return logits

    def embed(self, chips: Chips) -> Embeddings:
        """The embedding, a unit vector.

        Raises:
            ImageError: If the chips have another size.
        """
        return normalize(self._features(chips), dim=1)

    def _features(self, chips: Images) -> Embeddings:
        if chips.shape[1:] != (3, self.side, self.side):
            raise ImageError(
                f"faces must be 3 x {self.side} x {self.side}, got {tuple(chips.shape[1:])}; "
                f"align them with sublimen.recognisers.gallery at side {self.side}"
            )
        features: Embeddings = self.network((chips * LEVELS - CENTRE) / SCALE)
        return features


@final
class Layers(nn.Module):
    """The layers, called as in facenet-pytorch, to the features before the classes."""

    def __init__(self) -> None:
        super().__init__()
        self.conv2d_1a = Convolution(3, 32, 3, stride=2)
        self.conv2d_2a = Convolution(32, 32, 3)
        self.conv2d_2b = Convolution(32, 64, 3, padding=1)
        self.maxpool_3a = nn.MaxPool2d(3, stride=2)
        self.conv2d_3b = Convolution(64, 80, 1)
        self.conv2d_4a = Convolution(80, 192, 3)
        self.conv2d_4b = Convolution(192, 256, 3, stride=2)
        self.repeat_1 = nn.Sequential(*(block_35() for _ in range(5)))
        self.mixed_6a = reduction_6a()
        self.repeat_2 = nn.Sequential(*(block_17() for _ in range(10)))
        self.mixed_7a = reduction_7a()
        self.repeat_3 = nn.Sequential(*(block_8(0.2) for _ in range(5)))
        self.block8 = block_8(1.0, last=True)
        self.avgpool_1a = nn.AdaptiveAvgPool2d(1)
        self.last_linear = nn.Linear(1792, 512, bias=False)
        self.last_bn = nn.BatchNorm1d(512, eps=EPSILON)
        self.logits = nn.Linear(512, IDENTITIES)

    @override
    def forward(self, picture: Tensor) -> Tensor:
        features = picture
        for name, layer in self.named_children():
            if name != "logits":
                features = layer(features.flatten(1) if name == "last_linear" else features)
        return features


@final
class Convolution(nn.Module):
    """Convolution without bias, batch normalisation and rectification.

    Args:
        before: Channels that come in.
        channels: Channels that go out.
        kernel: Rows and columns of the filters.
        stride: Pixels from one place of the filters to the next.
        padding: Zeros around the picture, rows and columns.
    """

    def __init__(
        self,
        before: int,
        channels: int,
        kernel: int | tuple[int, int],
        *,
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, channels, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(channels, eps=EPSILON)

    @override
    def forward(self, features: Tensor) -> Tensor:
        normalised: Tensor = self.bn(self.conv(features))
        return normalised.relu()


@final
class Branches(nn.Module):
    """Ways side by side, whose channels are put together.

    Args:
        branches: The ways, called branch0, branch1 and so on.
    """

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        for number, branch in enumerate(branches):
            self.add_module(f"branch{number}", branch)

    @override
    def forward(self, features: Tensor) -> Tensor:
        return torch.cat([branch(features) for branch in self.children()], dim=1)


@final
class Residual(nn.Module):
    """Ways side by side, mixed, scaled and added to what came in.

        y = relu(x + scale (A [branches(x)] + a)),    without relu in the last block

    Args:
        branches: The ways.
        channels: Channels of the ways together, and those that come in and go out.
        scale: How much is added.
        last: Whether this is the last block.
    """

    def __init__(
        self,
        branches: tuple[nn.Module, ...],
        channels: tuple[int, int],
        scale: float,
        *,
        last: bool = False,
    ) -> None:
        super().__init__()
        for number, branch in enumerate(branches):
            self.add_module(f"branch{number}", branch)
        self.names = [name for name, _ in self.named_children()]
        self.conv2d = nn.Conv2d(*channels, 1)
        self.scale = scale
        self.last = last

    @override
    def forward(self, features: Tensor) -> Tensor:
        ways = [self.get_submodule(name)(features) for name in self.names]
        added: Tensor = features + self.scale * self.conv2d(torch.cat(ways, dim=1))
        return added if self.last else added.relu()


def block_35() -> Residual:
    """Block on the largest maps; its ways see 1, 3 and 5 pixels."""
    branches = (
        Convolution(256, 32, 1),
        nn.Sequential(Convolution(256, 32, 1), Convolution(32, 32, 3, padding=1)),
        nn.Sequential(
            Convolution(256, 32, 1),
            Convolution(32, 32, 3, padding=1),
            Convolution(32, 32, 3, padding=1),
        ),
    )
    return Residual(branches, (96, 256), 0.17)


def block_17() -> Residual:
    """Block on the middle maps; its ways see 1 and 7 pixels."""
    branches = (
        Convolution(896, 128, 1),
        nn.Sequential(
            Convolution(896, 128, 1),
            Convolution(128, 128, (1, 7), padding=(0, 3)),
            Convolution(128, 128, (7, 1), padding=(3, 0)),
        ),
    )
    return Residual(branches, (256, 896), 0.1)


def block_8(scale: float, *, last: bool = False) -> Residual:
    """Block on the smallest maps; its ways see 1 and 3 pixels."""
    branches = (
        Convolution(1792, 192, 1),
        nn.Sequential(
            Convolution(1792, 192, 1),
            Convolution(192, 192, (1, 3), padding=(0, 1)),
            Convolution(192, 192, (3, 1), padding=(1, 0)),
        ),
    )
    return Residual(branches, (384, 1792), scale, last=last)


def reduction_6a() -> Branches:
    """From the largest to the middle maps."""
    return Branches(
        Convolution(256, 384, 3, stride=2),
        nn.Sequential(
            Convolution(256, 192, 1),
            Convolution(192, 192, 3, padding=1),
            Convolution(192, 256, 3, stride=2),
        ),
        nn.MaxPool2d(3, stride=2),
    )


def reduction_7a() -> Branches:
    """From the middle to the smallest maps."""
    return Branches(
        nn.Sequential(Convolution(896, 256, 1), Convolution(256, 384, 3, stride=2)),
        nn.Sequential(Convolution(896, 256, 1), Convolution(256, 256, 3, stride=2)),
        nn.Sequential(
            Convolution(896, 256, 1),
            Convolution(256, 256, 3, padding=1),
            Convolution(256, 256, 3, stride=2),
        ),
        nn.MaxPool2d(3, stride=2),
    )
