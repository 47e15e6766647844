"""HVS-SD: a map that networks have learned, with weights of our own."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Final, Literal, final

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.functional import interpolate
from typing_extensions import override

from sublimen.checks import check_digest
from sublimen.errors import WeightsError
from sublimen.jnd.base import JndModel, Whole
from sublimen.jnd.map_network import Stages
from sublimen.tensor_file import check_shapes
from sublimen.types import Images, JndMap

SHIPPED: Final = Path(__file__).with_name("hvs_sd.safetensors")
"""The weights that come with the package."""

SHA256: Final = "c29004693a12390ab6a975701e12ef95d663a9389b7f15335b39e96cd6c9f9a9"
"""Digest of the shipped weights."""

AREA: Final = 2**19
"""Pixels above which a picture is reduced before the networks see it."""


@final
@dataclass(frozen=True, kw_only=True)
class HvsSd(JndModel):
    """What a network may add to a picture before measures of quality notice it.

        x_j = |A(x, x_c, x_c x_g)|,    in [0, 1], one plane for each of R, G and B
        x_c, x_g = where, and how steeply, the error of a compression network rises

    times one number that makes random-sign noise of this amplitude 1 JND in the median picture of
    the training set. The published map has no scale, and its authors' weights are not public:
    these weights are ours, not the authors', and so are the losses they were trained with
    (docs/guide/jnd/hvs-sd.md). Larger pictures than about half a megapixel are reduced for the
    networks and the map is enlarged again, so memory is bounded. The gradient is that of the
    second stage; what the first one says of a picture counts as a constant.

    Args:
        padding: Without effect: the networks have learned with mirrored rims.
        weights: A file written by `sublimen train hvs-sd`; the shipped weights if `None`.

    References:
        Jin, Xue, Zhang, Meng, Zhao, Lin, "HVS-inspired signal degradation network for just
        noticeable difference estimation", arXiv 2208.07583, 2022: the architecture, as far as it
        is published. Maps are made at the size of the picture, not at 176 x 176 pixels.
    """

    name: ClassVar[str] = "hvs-sd"
    halo: ClassVar[int] = 0
    tiling: ClassVar[Literal["exact", "none"]] = "none"

    weights: Path | None = None

    @override
    def threshold(self, images: Images, whole: Whole) -> JndMap:
        stages = _stages(self.weights, images.dtype, images.device)
        colour = images.expand(-1, 3, -1, -1)
        found = _map(stages, colour)
        return found if images.shape[1] == 3 else found.mean(dim=1, keepdim=True)


def _map(stages: Stages, images: Images) -> JndMap:
    height, width = images.shape[2:]
    scale = (AREA / (height * width)) ** 0.5
    if scale >= 1:
        found: JndMap = stages(images)
        return found
    size = (max(round(height * scale), 16), max(round(width * scale), 16))
    reduced = interpolate(images, size, mode="bilinear", antialias=True)
    return interpolate(stages(reduced), (height, width), mode="bilinear")


@lru_cache(maxsize=4)
def _stages(path: Path | None, dtype: torch.dtype, device: torch.device) -> Stages:
    """The networks with their weights, frozen.

    Raises:
        WeightsError: If the file is missing or another one than expected.
    """
    if path is None and SHIPPED.is_file():
        check_digest(SHIPPED, SHA256)
    found = _tensors(path or SHIPPED)
    stages = Stages()
    expected = {name: tuple(values.shape) for name, values in stages.state_dict().items()}
    check_shapes(found, expected, name=(path or SHIPPED).name)
    if not all(t.is_floating_point() and t.isfinite().all() for t in found.values()):
        raise WeightsError(f"{(path or SHIPPED).name} must hold finite floats, got others")
    stages.load_state_dict(found)
    return stages.requires_grad_(requires_grad=False).to(device=device, dtype=dtype).eval()


def _tensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise WeightsError(
            f"weights of hvs-sd must be a file written by sublimen train hvs-sd, got {path}: "
            f"{str(error) or 'no such file'}"
        ) from error
