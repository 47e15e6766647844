"""A change of a part of a photo in the window where it is seen best, with a gradient."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, final

import torch
from torch import Tensor

from sublimen.imaging.resampling import placed, shown
from sublimen.recognisers.face import Box, Face
from sublimen.types import Images, PerImage
from sublimen.visibility.base import Meter
from sublimen.visibility.loss import Visible
from sublimen.visibility.views import SIDE, SMALL, Changed, Place, Viewing, places

ORDER: Final = 4.0
"""Of the norm over the meters whose slope is followed; the value is that of the worst meter."""


REFRESHED: Final = 20
"""Times that the worst window is read until all are."""

TINY: Final = 1e-12
"""Least length of a change."""


@final
@dataclass(frozen=True, eq=False)
class Window:
    """One window with the original's half of the readings.

    Args:
        place: Where it is.
        start: What the photo shows there that the change is added to.
        visible: The meters, with the original's half of their readings.
    """

    place: Place
    start: Images
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
        seen = self.start + placed(change, scales, start, size)
        readings: Tensor = self.visible.jnd(seen.clamp(0, 1))[:, 0]
        return readings


@final
class WorstWindow:
    """The reading of a change in the worst of the windows in which a photo is looked at.

    With a gradient one large window is read, by turns the one that is probably the worst and the
    next, and the probably worst of the small ones; what the others read is taken to have grown with
    the length of the change since they were read, which is once in `REFRESHED` times. Without a
    gradient all are read. Where a window leaves the photo, the change is not mirrored beyond its
    rim, as the photo is.
    """

    def __init__(  # noqa: PLR0913 -- the photo, where and what may change, and who looks how
        self,
        photo: Images,
        box: Box,
        changed: Changed,
        viewings: Sequence[tuple[Viewing, Face | None]],
        *,
        meters: Iterable[Meter],
        pixels_per_degree: float,
        base: Images | None = None,
    ) -> None:
        """Prepare the original.

        Args:
            photo: The original, a batch of one.
            box: The part that the changes cover.
            changed: Where the photo may change at all.
            viewings: How it is looked at, `face` with its face.
            meters: Who reads.
            pixels_per_degree: Of the screen.
            base: What the change is added to, if that is not the original.

        Raises:
            SettingError: If a meter only judges.
            MissingExtraError: If a meter's program is not installed.
        """
        self._box, chosen = box, list(meters)
        every = [
            place
            for viewing, face in viewings
            for place in places(viewing, [face] if face else [], changed, pixels_per_degree)
            if place.side in {SIDE, SMALL}
        ]
        self._windows = []
        for place in dict.fromkeys(every):
            reference = shown(photo, place.scale, place.view)
            start = reference if base is None else shown(base, place.scale, place.view)
            able = [meter for meter in chosen if meter.minimum_size <= place.side]
            if able:
                self._windows.append(Window(place, start, Visible(reference, able)))
        self._known = [0.0] * len(self._windows)
        self._turn = 0

    def __call__(self, change: Images) -> PerImage:
        """JND of a change of the part, a batch of one, on a grid of any size over it."""
        if not change.requires_grad:
            most: PerImage = torch.stack(self._read(change)).amax()[None]
            return most
        length = max(torch.linalg.vector_norm(change.detach()).item(), TINY)
        if self._turn % REFRESHED == 0:
            self._known = [reading.item() / length for reading in self._read(change.detach())]
        readings = []
        for number in self._followed():
            meters = self._windows[number].meters(change, self._box)
            self._known[number] = meters.detach().amax().item() / length
            readings.append(meters)
        self._turn += 1
        followed: Tensor = torch.linalg.vector_norm(torch.cat(readings), ord=ORDER)
        worst = length * max(self._known)
        value: PerImage = (followed - followed.detach() + worst)[None]
        return value

    def _followed(self) -> list[int]:
        """Numbers of the windows whose slopes are followed now."""
        large = [k for k, window in enumerate(self._windows) if window.place.side == SIDE]
        small = [k for k in range(len(self._windows)) if k not in large]
        worst = [max(some, key=lambda k: self._known[k]) for some in (large, small) if some]
        if self._turn % 2 and large:
            worst[0] = large[self._turn // 2 % len(large)]
        return worst

    @torch.no_grad()
    def _read(self, change: Images) -> list[Tensor]:
        """What every window reads."""
        return [window.meters(change, self._box).amax() for window in self._windows]
