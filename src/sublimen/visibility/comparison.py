"""Two photos before the meters: the worst meter in the worst window."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Final

import torch

from sublimen.errors import ImageError
from sublimen.imaging.colour import encoded, linear
from sublimen.imaging.resampling import shown
from sublimen.recognisers.face import Face
from sublimen.types import Images
from sublimen.visibility.base import Meter, Role
from sublimen.visibility.calibration import NODES, calibration
from sublimen.visibility.displays import DISPLAYS, Display
from sublimen.visibility.reading import MeterReading, Reading
from sublimen.visibility.suspects import Look
from sublimen.visibility.views import SIDE, SMALL, Place, Viewing, places

MOST: Final[Mapping[Role, int]] = {"optimised": 8, "unseen": 4}
"""Sliding windows of one size and magnification, of which each face has its own, that the meters
of a role read in one viewing; where more hold a change, the likeliest. Every face's own window is
read besides. The unseen meters' choice does not depend on what the optimised ones say."""

BATCH: Final = 8
"""Windows that a meter reads at once."""

KEPT: Final = 32
"""Windows that are kept as they are seen, for the next meter."""

FROM_BLUE: Final = 0.1
"""Share of blue light that the observer of `blue` takes in place of red and of green."""


class Comparison:
    """An original and a changed photo. What was read once is not read again."""

    def __init__(
        self,
        reference: Images,
        distorted: Images,
        faces: Sequence[Face] = (),
        *,
        meters: Iterable[Meter],
        display: Display = DISPLAYS["standard_fhd"],
        most: Mapping[Role, int] = MOST,
    ) -> None:
        """Set two photos side by side.

        Args:
            reference: The original, a batch of one.
            distorted: The changed photo.
            faces: The faces of the original.
            meters: Who reads, set up for the display.
            display: What the photo is looked at on.
            most: Sliding windows of one size and magnification that the meters of a role read in
                one viewing, at least 1.

        Raises:
            ImageError: If the photos differ in size or channels.
        """
        if reference.shape != distorted.shape:
            raise ImageError(
                "reference and distorted must have the same shape, "
                f"got {tuple(reference.shape)} and {tuple(distorted.shape)}"
            )
        self.faces, self.display, self.most = tuple(faces), display, most
        self.meters = {meter.name: meter for meter in meters}
        self.changed = (reference != distorted).any(dim=1)[0].cpu().numpy()
        self.pictures = reference, distorted
        self.scores: dict[tuple[str, Place, bool], float] = {}
        self.worst: dict[Viewing, Place] = {}
        self.seen = lru_cache(maxsize=KEPT)(self._seen)

    def reading(self, viewing: Viewing) -> Reading:
        """Read one viewing."""
        every = places(viewing, self.faces, self.changed, self.display.pixels_per_degree)
        chosen = {role: self.chosen(every, role) for role in self.most}
        blue = viewing == "blue"
        found = {}
        for name, meter in self.meters.items():
            self._read(meter, chosen[meter.role], blue=blue)
            if worst := self._worst(meter, chosen[meter.role], blue=blue):
                found[name] = worst
        meters = {name: reading for name, (reading, _) in found.items()}
        counting = {n: r.jnd for n, r in meters.items() if r.role == "optimised"}
        unseen = [r.jnd for r in meters.values() if r.role == "unseen"]
        top = max(counting, key=lambda name: counting[name], default=None)
        if top is not None:
            self.worst[viewing] = found[top][1]
        return Reading(
            viewing=viewing,
            jnd=0.0 if top is None else counting[top],
            band=(0.0, 0.0) if top is None else calibration().curve(top).interval(counting[top]),
            meter=top,
            window=None if top is None else meters[top].window,
            jnd_unseen=max(unseen, default=None),
            meters=meters,
            windows=len(every),
            read=len(chosen["optimised"]),
        )

    def _seen(self, place: Place, *, blue: bool) -> tuple[Images, Images]:
        """Both photos in a window, as an observer sees them."""
        views = (shown(picture, place.scale, place.view) for picture in self.pictures)
        one, other = (as_blue(view) if blue else view for view in views)
        return one, other

    @cached_property
    def look(self) -> Look:
        """Where the photo changed most."""
        return Look(*self.pictures)

    def chosen(self, every: Sequence[Place], role: Role) -> list[Place]:
        """Every face's own window, and of the others the likeliest of each size at each scale."""
        if not any(meter.role == role for meter in self.meters.values()):
            return []
        chosen, sliding = [], defaultdict(list)
        for place in every:
            if place.side in {SIDE, SMALL}:
                sliding[place.side, place.scale].append(place)
            else:
                chosen.append(place)
        for alike in sliding.values():
            chosen += self.look.worst(alike, self.most[role])
        return chosen

    @torch.no_grad()
    def _read(self, meter: Meter, chosen: Sequence[Place], *, blue: bool) -> None:
        able = [place for place in chosen if place.side >= meter.minimum_size]
        wanted = [place for place in able if (meter.name, place, blue) not in self.scores]
        for side in sorted({place.side for place in wanted}):
            alike = [place for place in wanted if place.side == side]
            for start in range(0, len(alike), BATCH):
                batch = alike[start : start + BATCH]
                pairs = [self.seen(place, blue=blue) for place in batch]
                one, other = (torch.cat(half) for half in zip(*pairs, strict=True))
                for place, score in zip(batch, meter(one, other).tolist(), strict=True):
                    self.scores[meter.name, place, blue] = score

    def _worst(
        self, meter: Meter, chosen: Sequence[Place], *, blue: bool
    ) -> tuple[MeterReading, Place] | None:
        known = self.scores
        keys = {place: (meter.name, place, blue) for place in chosen}
        scores = {place: known[key] for place, key in keys.items() if key in known}
        if not scores:
            return None
        values = torch.tensor(list(scores.values()), dtype=torch.float64)
        jnds = calibration().curve(meter.name).jnd(values)
        at = int(jnds.argmax())
        place, jnd = list(scores)[at], jnds[at].item()
        reading = MeterReading(
            score=scores[place],
            jnd=jnd,
            role=meter.role,
            window=place.box(*self.changed.shape),
            extrapolated=jnd > NODES[-1],
        )
        return reading, place


def as_blue(images: Images) -> Images:
    """What an observer who takes more luminance from blue sees: R and G each 0.9 + 0.1 B in light.

    A grey picture stays as it is.
    """
    if images.shape[1] == 1:
        return images
    red, green, blue = linear(images).chunk(3, dim=1)
    seen = [(1 - FROM_BLUE) * light + FROM_BLUE * blue for light in (red, green)]
    return encoded(torch.cat([*seen, blue], dim=1)).clamp(0, 1)
