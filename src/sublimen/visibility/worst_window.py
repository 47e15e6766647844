"""A change of a part of a photo in the window where it is seen best, with a gradient."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np
import torch
from torch import Tensor

from sublimen.imaging.resampling import placed, shown
from sublimen.recognisers.face import Box, Face
from sublimen.types import Images, PerImage
from sublimen.visibility.base import Meter
from sublimen.visibility.loss import Visible
from sublimen.visibility.views import SIDE, Place, Viewing, places

ORDER: Final = 4.0
"""Of the norm over the meters whose slope is followed; the value is that of the worst meter."""


TINY: Final = 1e-12
"""Least length of a change."""


@final
@dataclass(frozen=True, eq=False)
class Window:
    """One window with the original's half of the readings.

    Args:
        place: Where it is.
        reference: What the original shows there.
        visible: The meters.
    """

    place: Place
    reference: Images
    visible: Visible

    def meters(self, change: Images, box: Box) -> Tensor:
        """JND by each meter when a part of the photo is changed.

        Args:
            change: The change, a batch of one, on a grid of any size over `box`.
            box: The part of the photo.
        """
        scale, view = self.place.scale, self.place.view
        scales = (
            scale * box.height / change.shape[2],
            scale * box.width / change.shape[3],
        )
        start = (view.y0 - box.y0 * scale, view.x0 - box.x0 * scale)
        size = (view.y1 - view.y0, view.x1 - view.x0)
        seen = self.reference + placed(change, scales, start, size)
        readings: Tensor = self.visible.jnd(seen.clamp(0, 1))[:, 0]
        return readings


@final
class WorstWindow:
    """The reading of a change in the worst of the windows in which a photo is looked at.

    With a gradient only one window is read at a time: each once, then by turns the one that is
    probably the worst and the next. What the others read is taken to have grown with the length
    of the change since. Without a gradient all are read. Where a window leaves the photo, the
    change is not mirrored beyond its rim, as the photo is.
    """

    def __init__(
        self,
        photo: Images,
        box: Box,
        viewings: Sequence[tuple[Viewing, Face | None]],
        *,
        meters: Iterable[Meter],
        pixels_per_degree: float,
    ) -> None:
        """Prepare the original.

        Args:
            photo: The original, a batch of one.
            box: The part that changes.
            viewings: How it is looked at, `face` with its face.
            meters: Who reads.
            pixels_per_degree: Of the screen.

        Raises:
            SettingError: If a meter only judges.
            MissingExtraError: If a meter's program is not installed.
        """
        changed = np.zeros(photo.shape[2:], dtype=bool)
        changed[box.y0 : box.y1, box.x0 : box.x1] = True
        self._box, chosen = box, list(meters)
        every = [
            place
            for viewing, face in viewings
            for place in places(viewing, [face] if face else [], changed, pixels_per_degree)
            if place.side == SIDE
        ]
        self._windows = []
        for place in dict.fromkeys(every):
            reference = shown(photo, place.scale, place.view)
            self._windows.append(Window(place, reference, Visible(reference, chosen)))
        self._known: dict[int, float] = {}
        self._turn = 0

    def __call__(self, change: Images) -> PerImage:
        """JND of a change of the part, a batch of one, on a grid of any size over it."""
        if not change.requires_grad:
            with torch.no_grad():
                read = [window.meters(change, self._box).amax() for window in self._windows]
            most: PerImage = torch.stack(read).amax()[None]
            return most
        length = torch.linalg.vector_norm(change.detach()).item()
        number = self._next()
        meters = self._windows[number].meters(change, self._box)
        self._known[number] = meters.detach().amax().item() / max(length, TINY)
        followed: Tensor = torch.linalg.vector_norm(meters, ord=ORDER)
        worst = length * max(self._known.values())
        value: PerImage = (followed - followed.detach() + worst)[None]
        return value

    def _next(self) -> int:
        """Number of the window that is read now."""
        self._turn += 1
        if len(self._known) < len(self._windows):
            return len(self._known)
        if self._turn % 2:
            return max(self._known, key=lambda number: self._known[number])
        return self._turn // 2 % len(self._windows)
