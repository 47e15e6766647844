"""How two photo files differ, measured on their 8-bit levels, in strips of bounded memory."""

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from sublimen.imaging.levels import from_bytes
from sublimen.metrics.ssim import RADIUS, similarity
from sublimen.photo.result import Quality
from sublimen.types import LEVELS, LevelMap, PhotoLevels

STRIP: Final = 128
"""Rows that are measured at a time."""

SLACK: Final = 1e-3
"""Levels by which a change may exceed the map before it counts: the rounding of a stored map."""


def compare(original: PhotoLevels, saved: PhotoLevels, jnd: LevelMap, limit: float) -> Quality:
    """Differences of two photos of the same size.

    Args:
        original: The photo as it was.
        saved: The protected photo as read back from its file.
        jnd: Visibility thresholds of the original in 8-bit levels.
        limit: How many times the map a sample was allowed to move.
    """
    squares = beyond = largest = 0
    for start in range(0, len(original), STRIP):
        rows = slice(start, start + STRIP)
        difference = np.abs(original[rows].astype(np.int16) - saved[rows])
        squares += int(np.square(difference, dtype=np.int64).sum())
        largest = max(largest, int(difference.max()))
        allowed = limit * jnd[:, rows] + SLACK
        beyond += int((difference.transpose(2, 0, 1) > allowed).sum())
    return Quality(
        psnr=10 * math.log10(LEVELS**2 * original.size / squares) if squares else None,
        ssim=structural_similarity(original, saved),
        largest_change=largest,
        beyond_jnd=beyond / original.size,
        identical=not squares,
    )


def structural_similarity(original: PhotoLevels, saved: PhotoLevels) -> float:
    """`sublimen.metrics.ssim` of one pair of any size, strip by strip."""
    total, count = 0.0, 0
    for rows in _strips(original.shape[0]):
        size = (rows.stop - rows.start - 2 * RADIUS) * (original.shape[1] - 2 * RADIUS)
        size *= original.shape[2]
        count += size
        if np.array_equal(original[rows], saved[rows]):
            total += size
        else:
            strip = similarity(from_bytes(original[rows]), from_bytes(saved[rows]))
            total += strip.double().sum().item()
    return total / count


def _strips(height: int) -> Iterator[slice]:
    """Slices of rows whose windows, taken together, are those of the whole picture."""
    for start in range(0, height - 2 * RADIUS, STRIP):
        yield slice(start, min(start + STRIP + 2 * RADIUS, height))
