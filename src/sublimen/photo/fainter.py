"""As much of a change as may be seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from math import log
from typing import Final, TypeAlias, final

import numpy as np

from sublimen.photo.allowance import Allowance
from sublimen.photo.craft import Crafted
from sublimen.photo.encoding import Codec
from sublimen.photo.region import union
from sublimen.photo.sitting import Sitting
from sublimen.recognisers.face import Face
from sublimen.types import LEVELS, PhotoLevels

PROBES: Final = 8
"""Shares of the change that are tried at most."""

ALONE: Final = 3
"""Shares that are tried for each of several faces before they are looked at together."""

NEAR: Final = 0.985
"""Share of the limit from which a reading is near enough."""

AIM: Final = 0.993
"""Share of the limit that is aimed at: the middle of what is near enough."""

GROWTH: Final = 1.5
"""Power of the share by which a reading grows, about, while it is known of one share alone."""

SMOOTH: Final = 3
"""Shares that are tried before every other one is taken half way, in case readings jump."""

MOST: Final = 2.0
"""Largest share of a change that may be used in full: more of it than was found."""

Probe: TypeAlias = tuple[float, float]
"""A share of the change, and what it reads."""


Seen: TypeAlias = Callable[[PhotoLevels, PhotoLevels, Sequence[Face]], float]
"""Just noticeable differences of an original and a changed photo around some faces."""


@final
@dataclass(frozen=True, kw_only=True)
class Fainter:
    """What it takes to make a change as visible as it may be.

    Args:
        sitting: The faces and who is asked about them.
        codec: What the saved file makes of the photo.
        allowance: How far each sample may move.
        seen: How visible a change is.
        limit: Most of that which is allowed.
    """

    sitting: Sitting
    codec: Codec
    allowance: Allowance
    seen: Seen
    limit: float

    def __call__(self, crafted: Crafted) -> Crafted:
        """The largest share of a change whose saved file reads at most the limit.

        Where all that may be seen is to be used, that may be more than was found. Of several faces
        each gets the share at which its own change alone would read the limit, and together they
        are made fainter if they read more. If even saving the photo unchanged reads more, because
        its format is lossy, that is the answer.

        Args:
            crafted: The photo with its faces changed.
        """
        places = range(len(crafted.tries))
        several = crafted.visibility_bound and len(places) > 1
        shares = [self._alone(crafted, place) if several else 1.0 for place in places]

        def made(share: float) -> PhotoLevels:
            return self._laid(crafted, [share * one for one in shares])

        share, levels = most_of(
            made,
            lambda levels: self._reading(levels, self._faces),
            reading=self._reading(made(1.0), self._faces),
            limit=self.limit,
            most=MOST if crafted.visibility_bound and not several else 1.0,
        )
        if np.array_equal(levels, crafted.levels):
            return crafted
        saved = self.codec.read_back_whole(levels)
        return replace(
            crafted,
            levels=levels,
            saved=saved,
            looks=self.sitting.look(saved),
            share=share * min(shares),
        )

    @property
    def _faces(self) -> list[Face]:
        return [sitter.face for sitter in self.sitting.sitters]

    def _reading(self, levels: PhotoLevels, faces: Sequence[Face]) -> float:
        """What the file of some levels reads."""
        return self.seen(self.sitting.levels, self.codec.read_back_whole(levels), faces)

    def _alone(self, crafted: Crafted, place: int) -> float:
        """The share of one face's change with which it reads the limit if nothing else changes."""
        faces = [self._faces[place]]

        def made(share: float) -> PhotoLevels:
            return self._laid(crafted, [share * (k == place) for k in range(len(crafted.tries))])

        share, _ = most_of(
            made,
            lambda levels: self._reading(levels, faces),
            reading=self._reading(made(1.0), faces),
            limit=self.limit,
            most=MOST,
            probes=ALONE,
        )
        return share

    def _laid(self, crafted: Crafted, shares: Sequence[float]) -> PhotoLevels:
        """The photo with a share of each face's change, no sample beyond its allowance."""
        levels = self.sitting.levels.copy()
        everywhere = reduce(union, (attempt.box for attempt in crafted.tries))
        change = np.zeros((everywhere.height, everywhere.width, levels.shape[2]), np.float32)
        for share, attempt in zip(shares, crafted.tries, strict=True):
            for box, found in attempt.changes:
                top, left = box.y0 - everywhere.y0, box.x0 - everywhere.x0
                part = change[top : top + box.height, left : left + box.width]
                part += np.float32(share) * found
        rows, columns = everywhere.slices
        jnd = self.allowance.jnd[:, rows, columns].transpose(1, 2, 0)
        whole = np.floor(self.allowance.limit * jnd)
        region = levels[rows, columns]
        moved = region + np.rint(np.clip(change, -whole, whole))
        region[:] = np.clip(moved, 0, LEVELS).astype(np.uint8)
        return levels


def blended(original: PhotoLevels, changed: PhotoLevels, share: float) -> PhotoLevels:
    """A photo with a share of a change."""
    change = changed.astype(np.int16) - original
    levels: PhotoLevels = np.clip(np.rint(original + share * change), 0, LEVELS).astype(np.uint8)
    return levels


def most_of(
    made: Callable[[float], PhotoLevels],
    seen: Callable[[PhotoLevels], float],
    *,
    reading: float,
    limit: float,
    most: float = 1.0,
    probes: int = PROBES,
) -> tuple[float, PhotoLevels]:
    """The largest share of a change that reads at most `limit`, of those that are tried.

    Until one reads nearly that much; where a power of the share through the readings on both sides
    meets the limit, and after a few also by turns half way.

    Args:
        made: The photo with a share of the change.
        seen: What a changed photo reads.
        reading: What the whole change reads.
        limit: What may be read, above 0.
        most: Largest share, at least 1.
        probes: Shares that are tried at most.

    Returns:
        The share and the photo with that much of the change.
    """
    enough, too_much = (0.0, 0.0), (1.0, reading)
    if reading <= limit:
        enough, too_much = (1.0, reading), (most, float("inf"))
    levels = made(enough[0])
    for probe in range(probes):
        if enough[1] >= NEAR * limit or enough[0] == most:
            break
        share = _next(enough, too_much, limit, halve=probe >= SMOOTH and probe % 2 == 1)
        part = made(share)
        reading = seen(part)
        if reading <= limit:
            enough, levels = (share, reading), part
        else:
            too_much = share, reading
    return enough[0], levels


def _next(enough: Probe, too_much: Probe, limit: float, *, halve: bool) -> float:
    """The share to be tried next: where just less than the limit would be read, or half way."""
    (least, low), (most, high) = enough, too_much
    aim = AIM * limit
    if high == float("inf"):
        return min(most, least * (aim / low) ** (1 / GROWTH)) if low > 0 else most
    if low > 0:
        share = least * (most / least) ** (log(aim / low) / log(high / low))
    else:
        share = most * (aim / high) ** (1 / GROWTH)
    return (least + most) / 2 if halve or share <= least else share
