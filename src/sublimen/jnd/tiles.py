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

    What a model takes from the whole picture is found once. The result is that of the whole
    picture; a model whose `tiling` is `none` is given the whole at once and bounds its memory
    itself.

    Args:
        model: The model.
        images: Originals of any size.
        edges: As for the model itself.

    Raises:
        ImageError: As for the model itself.
    """
    whole = model.prepare(images, edges)
    height = images.shape[2]
    if model.tiling == "none":
        return model.part(images, whole)
    result = torch.empty_like(images)
    step = -(-ROWS // model.grid) * model.grid
    for start in range(0, height, step):
        stop = min(start + step, height)
        top, bottom = max(start - model.halo, 0), min(stop + model.halo, height)
        top = min(top, max(bottom - model.minimum_size, 0)) // model.grid * model.grid
        strip = model.part(images[:, :, top:bottom], whole.rows(top, bottom))
        result[:, :, start:stop] = strip[:, :, start - top : stop - top]
    return result
