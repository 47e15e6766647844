"""As much of a change as may be seen."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

import numpy as np

from sublimen.photo.craft import Crafted
from sublimen.photo.encoding import Codec
from sublimen.photo.sitting import Sitting
from sublimen.types import LEVELS, PhotoLevels

PROBES: Final = 8
"""Shares of the change that are tried at most."""

NEAR: Final = 0.985
"""Share of the limit from which a reading is near enough."""

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
    share, levels = most_of(
        (original, crafted.levels),
        lambda levels: seen(original, codec.read_back_whole(levels)),
        reading=reading,
        limit=limit,
    )
    saved = codec.read_back_whole(levels)
    return replace(crafted, levels=levels, saved=saved, looks=sitting.look(saved), share=share)


def most_of(
    pair: tuple[PhotoLevels, PhotoLevels],
    seen: Callable[[PhotoLevels], float],
    *,
    reading: float,
    limit: float,
) -> tuple[float, PhotoLevels]:
    """The largest share of a change that reads at most `limit`, of those that are tried.

    Until one reads nearly that much; by turns where a straight line through the last two readings
    meets the limit, and half way.

    Args:
        pair: A photo, and the same changed.
        seen: What a changed photo reads.
        reading: What the whole change reads, above the limit.
        limit: What may be read, above 0.

    Returns:
        The share and the photo with that much of the change.
    """
    original, changed = pair
    change = changed.astype(np.int16) - original
    too_much, enough, levels = (1.0, reading), (0.0, 0.0), original
    for probe in range(PROBES):
        if enough[1] >= NEAR * limit:
            break
        share = _between(enough, too_much, limit) if probe % 2 == 0 else _middle(enough, too_much)
        part = np.clip(np.rint(original + share * change), 0, LEVELS).astype(np.uint8)
        reading = seen(part)
        if reading <= limit:
            enough, levels = (share, reading), part
        else:
            too_much = share, reading
    return enough[0], levels


def _between(enough: Probe, too_much: Probe, limit: float) -> float:
    """The share at which the limit would be read if readings grew evenly, a little less."""
    (least, low), (most, high) = enough, too_much
    return least + (most - least) * CAUTION * (limit - low) / (high - low)


def _middle(enough: Probe, too_much: Probe) -> float:
    return (enough[0] + too_much[0]) / 2
