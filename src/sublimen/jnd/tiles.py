"""Maps of large photos, strip by strip."""

from typing import Final

import torch
from torch import Tensor

from sublimen.jnd.base import JndModel
from sublimen.types import Images, JndMap

ROWS: Final = 128
"""Rows of a strip."""


@torch.no_grad()
def in_tiles(model: JndModel, images: Images, *, edges: Tensor | None = None) -> JndMap:
    """The map of `model`, computed in strips of rows so that memory stays bounded.

    Edges are found once over the whole picture. Where the model's `tiling` is `exact`, the result
    is that of the whole picture.

    Args:
        model: The model.
        images: Originals of any size.
        edges: As for the model itself.

    Raises:
        ImageError: As for the model itself.
    """
    edges = model.prepare(images, edges)
    result = torch.empty_like(images)
    height = images.shape[2]
    for start in range(0, height, ROWS):
        stop = min(start + ROWS, height)
        top, bottom = max(start - model.halo, 0), min(stop + model.halo, height)
        top = min(top, max(bottom - model.minimum_size, 0))
        strip = model(
            images[:, :, top:bottom],
            edges=None if edges is None else edges[:, :, top:bottom],
        )
        result[:, :, start:stop] = strip[:, :, start - top : stop - top]
    return result
