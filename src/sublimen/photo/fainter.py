"""As much of a change as may be seen."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

import numpy as np

from sublimen.photo.craft import Crafted
from sublimen.photo.encoding import Codec
from sublimen.photo.sitting import Sitting
from sublimen.types import LEVELS, PhotoLevels

PROBES: Final = 6
"""Shares of the change that are tried."""

CAUTION: Final = 0.99
"""Share of the way to where a straight line meets the limit."""

Probe: TypeAlias = tuple[float, float]
"""A share of the change, and what it reads."""


def fainter(
    crafted: Crafted,
    sitting: Sitting,
    codec: Codec,
    seen: Callable[[PhotoLevels, PhotoLevels], float],
    *,
    limit: float,
) -> Crafted:
    """The largest share of a change whose saved file reads at most `limit`.

    By turns where a straight line through the last two readings meets the limit, and half way.

    If even saving the photo unchanged reads more, because its format is lossy, that is the answer.

    Args:
        crafted: The photo with its faces changed.
        sitting: The faces and who is asked about them.
        codec: What the saved file makes of the photo.
        seen: Just noticeable differences of an original and a changed photo.
        limit: Most of them that are allowed.
    """
    original = sitting.levels
    reading = seen(original, crafted.saved)
    if reading <= limit:
        return crafted
    change = crafted.levels.astype(np.int16) - original
    too_much, enough = (1.0, reading), (0.0, 0.0)
    levels, saved = original, codec.read_back_whole(original)
    for probe in range(PROBES):
        share = _between(enough, too_much, limit) if probe % 2 == 0 else _middle(enough, too_much)
        part = np.clip(np.rint(original + share * change), 0, LEVELS).astype(np.uint8)
        read_back = codec.read_back_whole(part)
        reading = seen(original, read_back)
        if reading <= limit:
            enough, levels, saved = (share, reading), part, read_back
        else:
            too_much = share, reading
    looks = sitting.look(saved)
    return replace(crafted, levels=levels, saved=saved, looks=looks, share=enough[0])


def _between(enough: Probe, too_much: Probe, limit: float) -> float:
    """The share at which the limit would be read if readings grew evenly, a little less."""
    (least, low), (most, high) = enough, too_much
    return least + (most - least) * CAUTION * (limit - low) / (high - low)


def _middle(enough: Probe, too_much: Probe) -> float:
    return (enough[0] + too_much[0]) / 2
