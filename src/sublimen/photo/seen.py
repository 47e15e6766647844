"""How well a change of a face's region is seen, for an attack on the region's grid."""

from dataclasses import dataclass
from typing import ClassVar, Final, final

import numpy as np
import torch
from typing_extensions import override

from sublimen.attacks.distances import Distance, From
from sublimen.imaging.levels import from_bytes
from sublimen.photo.as_saved import as_saved
from sublimen.photo.encoding import Codec
from sublimen.photo.patch import Patch
from sublimen.recognisers.face import Face
from sublimen.types import LEVELS, Images, PerImage, PhotoLevels, Rows
from sublimen.visibility.answer import Observer
from sublimen.visibility.worst_window import WorstWindow

LEAST: Final = 0.5
"""Levels that a sample must be allowed to move to change at all when it is rounded."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class SeenInPhoto(Distance):
    """JND of a change by the optimised meters, in the worst window of the viewings that count.

    Args:
        photo: Levels of the original.
        base: Levels of the photo that the change is added to: with what other faces got.
        patch: The region that the attack's grid covers, with its allowance.
        face: The face in it.
        codec: What the saved file makes of it.
        observer: Who looks.
    """

    first_step: ClassVar[float] = 0.05

    photo: PhotoLevels
    base: PhotoLevels
    patch: Patch
    face: Face
    codec: Codec
    observer: Observer

    @override
    def to(self, images: Images) -> From:
        observer, box = self.observer, self.patch.box
        changed = np.zeros(self.photo.shape[:2], dtype=bool)
        moves = (self.patch.allowance * LEVELS >= LEAST).any(dim=1)[0].numpy()
        changed[box.slices] = moves
        worst = WorstWindow(
            from_bytes(self.photo),
            box,
            changed,
            [(viewing, self.face) for viewing in observer.counting([self.face])],
            meters=[meter for meter in observer.meters if meter.role == "optimised"],
            pixels_per_degree=observer.display.pixels_per_degree,
            base=from_bytes(self.base),
        )

        def reading(candidates: Images, rows: Rows) -> PerImage:
            changes = as_saved(candidates, self.patch, self.codec) - images[rows]
            return torch.cat([worst(change) for change in changes.chunk(len(changes))])

        return reading
