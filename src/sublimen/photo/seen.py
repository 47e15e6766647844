"""How well a change of a face's region is seen, for an attack on the region's grid."""

from dataclasses import dataclass
from typing import ClassVar, final

import torch
from typing_extensions import override

from sublimen.attacks.distances import Distance, From
from sublimen.imaging.levels import from_bytes
from sublimen.recognisers.face import Box, Face
from sublimen.types import Images, PerImage, PhotoLevels, Rows
from sublimen.visibility.answer import Observer
from sublimen.visibility.worst_window import WorstWindow


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class SeenInPhoto(Distance):
    """JND of a change by the optimised meters, in the worst window of the viewings that count.

    Args:
        photo: Levels of the original.
        box: The region that the attack's grid covers.
        face: The face in it.
        observer: Who looks.
    """

    first_step: ClassVar[float] = 0.05

    photo: PhotoLevels
    box: Box
    face: Face
    observer: Observer

    @override
    def to(self, images: Images) -> From:
        observer = self.observer
        worst = WorstWindow(
            from_bytes(self.photo),
            self.box,
            [(viewing, self.face) for viewing in observer.counting([self.face])],
            meters=[meter for meter in observer.meters if meter.role == "optimised"],
            pixels_per_degree=observer.display.pixels_per_degree,
        )

        def reading(candidates: Images, rows: Rows) -> PerImage:
            changes = candidates - images[rows]
            return torch.cat([worst(change) for change in changes.chunk(len(changes))])

        return reading
