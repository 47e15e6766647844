"""Eyes, nose and mouth of a face that was found, by the last of MTCNN's three networks."""

from collections import OrderedDict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, final

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d
from typing_extensions import override

from sublimen.recognisers import store
from sublimen.recognisers.checkpoint import load_strictly
from sublimen.recognisers.face import Box, FivePoints
from sublimen.tensor_file import content_of, named_tensors
from sublimen.types import ColourLevels

NAME: Final = "mtcnn"
"""What the weights are called."""

SIDE: Final = 48
"""Height and width to which a face is brought, in pixels."""

CENTRE: Final = 127.5
"""Level subtracted from each channel."""

SCALE: Final = 128
"""Divisor of the centred levels."""

LEAST: Final = 0.7
"""Probability of a face below which the points are not used, as MTCNN's own threshold."""


@final
class OutputNetwork(nn.Module):
    """MTCNN's O-Net: is this a face, where exactly, and where are its five points.

    Args:
        tensors: Parameters by the names of facenet-pytorch.

    Raises:
        WeightsError: If the parameters do not fit the network.

    References:
        Zhang, Zhang, Li, Qiao, "Joint face detection and alignment using multitask cascaded
        convolutional networks", IEEE SPL 23(10), 2016. Weights: `onet.pt` of PyPI
        `facenet-pytorch` 2.6.0.
    """

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.layers = _layers()
        heads = {"dense6_1": 2, "dense6_2": 4, "dense6_3": 10}
        self.heads = nn.ModuleDict({name: nn.Linear(256, size) for name, size in heads.items()})
        prefixes = {f"dense6_{head}": f"heads.dense6_{head}" for head in (1, 2, 3)}
        named = {_renamed(key, prefixes): tensor for key, tensor in tensors.items()}
        load_strictly(self, named, name="onet.pt")
        self.requires_grad_(requires_grad=False)
        self.eval()

    @override
    def forward(self, faces: Tensor) -> tuple[Tensor, Tensor]:
        """Probability of a face and places of the points.

        Args:
            faces: Colour images of 48 x 48 pixels in levels.

        Returns:
            One probability an image, and its points in shares of the width and height: five
            columns, then five rows.
        """
        features = self.layers((faces - CENTRE) / SCALE)
        probability = self.heads["dense6_1"](features).softmax(dim=1)[:, 1]
        return probability, self.heads["dense6_3"](features)


def _renamed(key: str, prefixes: Mapping[str, str]) -> str:
    layer, _, rest = key.partition(".")
    return f"{prefixes.get(layer, f'layers.{layer}')}.{rest}"


def converted(files: Mapping[str, bytes]) -> dict[str, Tensor]:
    """The parameters by the names of facenet-pytorch.

    Only tensors are read from the file: it cannot run code.

    Args:
        files: The PyTorch file by its name.

    Raises:
        WeightsError: If the file holds another network.
    """
    ((name, content),) = files.items()
    tensors = named_tensors(content_of(content, name), Path(name))
    OutputNetwork(tensors)
    return tensors


@torch.no_grad()
def five_points(levels: ColourLevels, box: Box) -> FivePoints | None:
    """Eyes, tip of the nose and corners of the mouth, from left; `None` if no face is seen.

    Args:
        levels: The photo.
        box: A face that was found, not empty, inside the photo.

    Raises:
        WeightsError: If the weights are missing or not what they should be.
    """
    network = _loaded(store.place(NAME))
    part = torch.from_numpy(levels[box.slices].copy()).permute(2, 0, 1)
    probability, places = network(adaptive_avg_pool2d(part[None].float(), SIDE))
    if probability.item() < LEAST:
        return None
    columns, rows = places[0].double().view(2, 5)
    x = (box.x0 + columns * box.width).tolist()
    y = (box.y0 + rows * box.height).tolist()
    left, right, nose, mouth_left, mouth_right = zip(x, y, strict=True)
    return left, right, nose, mouth_left, mouth_right


@cache
def _loaded(_place: Path) -> OutputNetwork:
    """The network; the store is read again when it moves."""
    return OutputNetwork(store.read(NAME))


@final
class Transposed(nn.Module):
    """Flattens maps column by column, channels last, as the network's first program did."""

    @override
    def forward(self, maps: Tensor) -> Tensor:
        return maps.permute(0, 3, 2, 1).flatten(1)


def _layers() -> nn.Sequential:
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for place, (before, after, side, pool) in enumerate(
        [(3, 32, 3, 3), (32, 64, 3, 3), (64, 64, 3, 2), (64, 128, 2, 0)], 1
    ):
        layers[f"conv{place}"] = nn.Conv2d(before, after, side)
        layers[f"prelu{place}"] = nn.PReLU(after)
        if pool:
            layers[f"pool{place}"] = nn.MaxPool2d(pool, 2, ceil_mode=True)
    layers["flat"] = Transposed()
    layers["dense5"] = nn.Linear(1152, 256)
    layers["prelu5"] = nn.PReLU(256)
    return nn.Sequential(layers)
