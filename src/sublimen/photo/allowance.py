"""How far each sample of a photo may move, and the part of it that one face may use."""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch

from sublimen.imaging.levels import from_bytes
from sublimen.jnd.base import JndModel
from sublimen.jnd.tiles import in_tiles
from sublimen.photo.file import Photo
from sublimen.photo.patch import Patch, fade
from sublimen.recognisers.face import Box
from sublimen.types import LEVELS, LevelMap, PhotoLevels


@final
@dataclass(frozen=True)
class Allowance:
    """The JND map of a photo times a limit.

    Args:
        photo: The original.
        jnd: Its visibility thresholds in 8-bit levels, channels as in the photo.
        limit: How many times the map a sample may move.
    """

    photo: Photo
    jnd: LevelMap
    limit: float

    @classmethod
    def of(cls, photo: Photo, model: JndModel, limit: float) -> "Allowance":
        """Compute the map over the whole photo, in tiles."""
        return cls(photo, jnd_levels(photo.levels, model), limit)

    def patch(self, box: Box, base: PhotoLevels) -> Patch:
        """The region `box` of the photo, to start from what `base` holds there.

        The allowance fades out at the region's rim, and where the photo is fully transparent it
        is nothing.
        """
        rows, columns = box.slices
        region = torch.from_numpy(self.jnd[:, rows, columns].copy())[None] / LEVELS
        allowance = self.limit * region * fade(box.height, box.width)
        if self.photo.alpha is not None:
            allowance = allowance * torch.from_numpy(self.photo.alpha[rows, columns] > 0)
        return Patch(box, self.photo.levels[rows, columns], base[rows, columns], allowance)

    def factor(self, levels: PhotoLevels, box: Box) -> float:
        """Largest change inside `box` in units of the map."""
        rows, columns = box.slices
        change = np.abs(levels[rows, columns].astype(np.int16) - self.photo.levels[rows, columns])
        jnd = np.maximum(self.jnd[:, rows, columns], np.finfo(np.float32).tiny)
        return float((change.transpose(2, 0, 1) / jnd).max())


def jnd_levels(levels: PhotoLevels, model: JndModel) -> LevelMap:
    """The JND map of a photo in 8-bit levels, channels x height x width, float32."""
    jnd: LevelMap = in_tiles(model, from_bytes(levels))[0].mul_(LEVELS).numpy()
    return jnd
