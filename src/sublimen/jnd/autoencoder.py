"""Learned compression: the first stage of HVS-SD, whose errors stand for those of the eye."""

from typing import Final, final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import conv2d
from typing_extensions import override

from sublimen.types import Images, PerImage

CHANNELS: Final = 128
"""Features of every layer."""

STRIDE: Final = 8
"""Pixels from one feature to the next: three layers that halve."""

KERNEL: Final = 5
"""Side of every filter in pixels."""

FLOOR: Final = 1e-6
"""Least offset of a normalisation, and least probability of a value."""


@final
class Normalisation(nn.Module):
    """Generalised divisive normalisation: each feature by the energy of all.

        y_i = x_i / sqrt(b_i + sum_j g_ij x_j^2)

    and its approximate inverse, x_i = y_i sqrt(b_i + sum_j g_ij y_j^2). b and g are squares of
    what is learned, so that they stay positive.

    Args:
        inverse: Multiply in place of dividing.

    References:
        Balle, Laparra, Simoncelli, "Density modeling of images using a generalized normalization
        transformation", ICLR 2016, eq. (3).
    """

    def __init__(self, *, inverse: bool = False) -> None:
        super().__init__()
        self.inverse = inverse
        self.offset = nn.Parameter(torch.ones(CHANNELS))
        self.gain = nn.Parameter(torch.eye(CHANNELS) * 0.3 + 0.01)

    @override
    def forward(self, features: Tensor) -> Tensor:
        weights = self.gain.square()[:, :, None, None]
        energy = conv2d(features.square(), weights, self.offset.square() + FLOOR)
        return features * (energy.sqrt() if self.inverse else energy.rsqrt())


@final
class Autoencoder(nn.Module):
    """Three layers down, three layers up, and how probable each feature is.

    References:
        Balle, Minnen, Singh, Hwang, Johnston, "Variational image compression with a scale
        hyperprior", ICLR 2018, without the hyperprior; each channel's features follow one
        logistic distribution.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            _down(3), Normalisation(), _down(), Normalisation(), _down(bias=False)
        )
        self.decoder = nn.Sequential(
            _up(CHANNELS),
            Normalisation(inverse=True),
            _up(CHANNELS),
            Normalisation(inverse=True),
            _up(3),
        )
        self.centre = nn.Parameter(torch.zeros(CHANNELS))
        self.log_scale = nn.Parameter(torch.zeros(CHANNELS))

    @override
    def forward(self, images: Images) -> tuple[Tensor, Images]:
        """Features, eight times smaller, and the picture made from them; sides multiples of 8."""
        features: Tensor = self.encoder(images)
        decoded: Tensor = self.decoder(features)
        return features, decoded

    def bits(self, features: Float[Tensor, "batch features rows columns"]) -> PerImage:
        """How many bits each image's features take when they are rounded to whole numbers."""
        centre = self.centre[:, None, None]
        scale = self.log_scale.exp()[:, None, None]
        above, below = (torch.sigmoid((features - centre + h) / scale) for h in (0.5, -0.5))
        return -(above - below).clamp(min=FLOOR).log2().flatten(1).sum(dim=1)


def _down(before: int = CHANNELS, *, bias: bool = True) -> nn.Conv2d:
    return nn.Conv2d(before, CHANNELS, KERNEL, 2, KERNEL // 2, bias=bias)


def _up(after: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(CHANNELS, after, KERNEL, 2, KERNEL // 2, output_padding=1)
