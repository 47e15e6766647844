"""As much of a change as may be seen."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from sublimen.photo.craft import Crafted
from sublimen.photo.encoding import Codec
from sublimen.photo.sitting import Sitting
from sublimen.types import LEVELS, PhotoLevels

PROBES: Final = 6
"""Shares of the change that are tried: to 1/64 of its length."""


def fainter(
    crafted: Crafted,
    sitting: Sitting,
    codec: Codec,
    seen: Callable[[PhotoLevels, PhotoLevels], float],
    *,
    limit: float,
) -> Crafted:
    """The largest share of a change whose saved file reads at most `limit`, by bisection.

    If even saving the photo unchanged reads more, because its format is lossy, that is the answer.

    Args:
        crafted: The photo with its faces changed.
        sitting: The faces and who is asked about them.
        codec: What the saved file makes of the photo.
        seen: Just noticeable differences of an original and a changed photo.
        limit: Most of them that are allowed.
    """
    original = sitting.levels
    if seen(original, crafted.saved) <= limit:
        return crafted
    change = crafted.levels.astype(np.int16) - original
    too_much, enough = 1.0, 0.0
    levels, saved = original, codec.read_back_whole(original)
    for _ in range(PROBES):
        share = (too_much + enough) / 2
        part = np.clip(np.rint(original + share * change), 0, LEVELS).astype(np.uint8)
        read_back = codec.read_back_whole(part)
        if seen(original, read_back) <= limit:
            enough, levels, saved = share, part, read_back
        else:
            too_much = share
    looks = sitting.look(saved)
    return replace(crafted, levels=levels, saved=saved, looks=looks, share=enough)
