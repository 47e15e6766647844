"""The second stage of HVS-SD: a map from a picture and from where it is looked at."""

import math
from typing import Final, final

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu, pad
from typing_extensions import override

from sublimen.imaging.filters import completed
from sublimen.jnd.attention import Attention, attention
from sublimen.jnd.autoencoder import STRIDE, Autoencoder
from sublimen.types import Images, JndMap

LAYERS: Final = ((7, 32, 1), (32, 32, 2), (32, 64, 1), (64, 64, 2), (64, 32, 1), (32, 3, 1))
"""Planes before and after each layer, and its stride."""

SLOPE: Final = 0.01
"""Of the rectifiers below zero."""


@final
class MapNetwork(nn.Module):
    """Six layers of 3 x 3 filters with mirrored rims.

    Seven planes come in: the picture, x_c, and x_g weighted by x_c.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Conv2d(before, after, 3, stride) for before, after, stride in LAYERS
        )

    @override
    def forward(self, images: Images, seen: Attention) -> JndMap:
        """x_j in [0, 1], for sides that are multiples of 4."""
        planes = torch.cat([images, seen.focus, seen.focus * seen.slope], dim=1)
        *down, up, last = self.layers
        for layer in down:
            planes = leaky_relu(layer(_mirrored(planes)), SLOPE)
        planes = leaky_relu(up(_mirrored(_doubled(planes))), SLOPE)
        found: Tensor = last(_mirrored(_doubled(planes)))
        return found.abs().clamp(max=1)


@final
class Stages(nn.Module):
    """Both stages, and the size of their map.

    The published map has no scale; `unit` is what makes it thresholds.
    """

    unit: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.autoencoder = Autoencoder()
        self.map_network = MapNetwork()
        self.register_buffer("unit", torch.ones(()))

    @override
    def forward(self, images: Images) -> JndMap:
        """Thresholds of colour images of any size from 8 pixels on."""
        height, width = images.shape[2:]
        whole = completed(images, STRIDE, "reflect")
        found = self.map_network(whole, attention(self.autoencoder, whole))
        thresholds: JndMap = self.unit * found[:, :, :height, :width]
        return thresholds


def untrained(seed: int) -> Stages:
    """Both stages before they have learned anything."""
    generator = torch.Generator().manual_seed(seed)
    stages = Stages()
    with torch.no_grad():
        for layer in stages.modules():
            if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
                nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5), generator=generator)
                if layer.bias is not None:
                    layer.bias.zero_()
    return stages


def _mirrored(planes: Tensor) -> Tensor:
    return pad(planes, (1, 1, 1, 1), mode="reflect")


def _doubled(planes: Tensor) -> Tensor:
    return interpolate(planes, scale_factor=2, mode="bilinear")
