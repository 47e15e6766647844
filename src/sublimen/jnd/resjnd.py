"""Jiang et al. 2024: a network that takes from a picture what nobody misses."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Final, Literal, final

import torch
from torch import Tensor
from torch.nn.functional import conv2d
from typing_extensions import override

from sublimen.checks import check_images
from sublimen.errors import WeightsError
from sublimen.imaging.filters import Padding, extend
from sublimen.jnd.base import JndModel, Whole
from sublimen.jnd.weights import read_tensors
from sublimen.tensor_file import check_shapes
from sublimen.types import Images, JndMap, Plane

SHAPES: Final = {
    "input.weight": (128, 3, 3, 3),
    "conv1.weight": (128, 128, 3, 3),
    "conv2.weight": (128, 128, 3, 3),
    "output.weight": (3, 128, 3, 3),
}
"""Kernels of the network, as the authors' file names them."""

RECURSIONS: Final = 25
"""How often the two inner convolutions are applied."""

WINDOW: Final = 512
"""Side of the parts that a large picture is computed in, in pixels."""

LEAST: Final = 1e-9
"""Least change in the unit of the image: at nothing a root has an infinite slope."""


@final
@dataclass(frozen=True, kw_only=True)
class ResJnd(JndModel):
    """What is left of a picture once a network has taken from it what nobody misses.

        CPL = x + Wo r(h25)
        hk  = W2 r(W1 r(hk-1)) + h0,    h0 = r(Wi x)
        JND = sqrt(mean over R, G, B of (CPL - x)^2)

    where r cuts off below zero and W are convolutions with kernels of 3 x 3 pixels, 128 channels
    and no bias; W1 and W2 are the same in all 25 recursions. CPL is the authors' critical
    perceptually lossless picture. The map is a residual: near nothing on flat fields, and small.
    It is computed in float32, the precision of the weights.

    The weights are not part of this package. They lie in the authors' public repository, whose
    files are for academic use.

    Args:
        padding: What each convolution sees beyond the rim: the mirrored features, or zeros, which
            the weights were trained with.
        weights: The authors' file, `model_epoch_250_44.9119873046875.pth` of the repository
            Knife646/ResJND on GitHub.
        variant: `rms`, one plane for all channels, as the authors have it, or `channels`, the
            |CPL - x| of each. A grey image has one plane in both.

    References:
        Jiang, Liu, Wang, Wang, Lin, "Rethinking and conceptualizing just noticeable difference
        estimation by residual learning", IEEE TCSVT, 2024, as released. The skip
        connection h0 is cut off below zero, which the released program does in place; its weights
        do not fit otherwise. Mirrored features and `channels` are ours.
    """

    name: ClassVar[str] = "resjnd"
    halo: ClassVar[int] = 2 + 2 * RECURSIONS
    tiling: ClassVar[Literal["exact", "none"]] = "none"
    variants: ClassVar[tuple[str, ...]] = ("rms", "channels")

    padding: Padding = "zeros"
    weights: Path | None = None
    variant: Literal["rms", "channels"] = "rms"

    @override
    def threshold(self, images: Images, whole: Whole) -> JndMap | Plane:
        residual = self.residual(images)
        if self.variant == "channels" and images.shape[1] == 3:
            return residual.abs()
        return residual.square().mean(dim=1, keepdim=True).clamp(min=LEAST**2).sqrt()

    def residual(self, images: Images) -> Tensor:
        """CPL - x for R, G and B, in the unit of the images.

        Raises:
            ImageError: If the images break the pixel convention or are too small.
            WeightsError: If there are no weights, or those of another network.
        """
        check_images(images, minimum_size=self.minimum_size)
        kernels = {n: kernel.to(images.device) for n, kernel in _kernels(self.weights).items()}
        colour = images.expand(-1, 3, -1, -1).float()
        residuals = [self._of_one(image, kernels) for image in colour.chunk(len(images))]
        return torch.cat(residuals).to(images)

    def _of_one(self, image: Tensor, kernels: Mapping[str, Tensor]) -> Tensor:
        """The residual of one image, in windows that see all that their pixels depend on."""
        height, width = image.shape[2:]
        rows = []
        for (top, bottom), above, below in _windows(height, self.halo):
            row = []
            for (left, right), before, behind in _windows(width, self.halo):
                found = residual(image[:, :, top:bottom, left:right], kernels, self.padding)
                row.append(found[:, :, above:below, before:behind])
            rows.append(torch.cat(row, dim=3))
        return torch.cat(rows, dim=2)


@lru_cache(maxsize=2)
def _kernels(path: Path | None) -> dict[str, Tensor]:
    """The user's kernels, read once.

    Raises:
        WeightsError: If there are none, or those of another network.
    """
    if path is None:
        raise WeightsError(
            "resjnd must be given its weights, got none; download the .pth file of "
            "github.com/Knife646/ResJND (academic use) and name it by --weights or "
            "ResJnd(weights=Path(...))"
        )
    kernels = read_tensors(path)
    check_shapes(kernels, SHAPES, name=path.name)
    return {name: kernel.float() for name, kernel in kernels.items()}


def residual(images: Tensor, kernels: Mapping[str, Tensor], padding: Padding) -> Tensor:
    """CPL - x, for kernels with the names of `SHAPES`.

    Args:
        images: R, G and B in [0, 1].
        kernels: In the number type of the images.
        padding: What each convolution sees beyond the rim.
    """

    def convolved(features: Tensor, name: str) -> Tensor:
        kernel = kernels[f"{name}.weight"]
        if padding == "zeros":
            return conv2d(features, kernel, padding=1)
        return conv2d(extend(features, 1, padding), kernel)

    # Pictures are cut off below zero too in the program; they have nothing there.
    first = convolved(images, "input").relu_()
    features = first
    for _ in range(RECURSIONS):
        inner = convolved(features, "conv1").relu_()
        features = convolved(inner, "conv2").add_(first).relu_()
    return convolved(features, "output")


def _windows(length: int, halo: int) -> Iterator[tuple[tuple[int, int], int, int]]:
    """Where each window begins and ends, and where inside it what counts does."""
    for start in range(0, length, WINDOW):
        stop = min(start + WINDOW, length)
        begin, end = max(start - halo, 0), min(stop + halo, length)
        yield (begin, end), start - begin, stop - begin
