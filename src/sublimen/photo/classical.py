"""The classical metrics of two photos of any size, in strips of bounded memory."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, final

import numpy as np
import torch
from torch import Tensor

from sublimen.imaging.cielab import lab, xyz
from sublimen.imaging.colour import LUMA, luma
from sublimen.imaging.levels import from_bytes
from sublimen.imaging.separable import correlate, gaussian
from sublimen.metrics.ciede2000 import difference
from sublimen.metrics.distances import REACH, SIGMA
from sublimen.metrics.gmsd import gradient_similarity
from sublimen.metrics.ms_ssim import MINIMUM, WEIGHTS, halved
from sublimen.metrics.ssim import RADIUS, luminance_and_structure
from sublimen.types import LEVELS, Images, LevelMap, PhotoLevels, RegionLevels

STRIP: Final = 64
"""Rows that are measured at a time."""

SLACK: Final = 1e-3
"""Levels by which a change may exceed the map before it counts: the rounding of a stored map."""

LARGE: Final = 4_000_000
"""Pixels above which single precision is used, which changes SSIM and CIEDE2000 by some 1e-6."""

COARSEST: Final = 16
"""Pixels of the photo in a pixel of the fifth scale, along one axis."""

MARGIN: Final = 2 * RADIUS * COARSEST + COARSEST
"""Pixels around a change within which a window of the fifth scale may see it."""

CHANNELS: Final = ("red", "green", "blue")

Numbers = dict[str, float | None]
"""Values by the metric's name; `None` is an infinite ratio of signal to noise, or no value for a
photo that is too small."""


def classical(original: PhotoLevels, saved: PhotoLevels, jnd: LevelMap, limit: float) -> Numbers:
    """Every classical metric of two photos of the same size and channels.

    Args:
        original: Levels of the original.
        saved: Levels of the changed photo.
        jnd: Visibility thresholds of the original in 8-bit levels.
        limit: How many times the map a sample may differ before it counts as beyond.
    """
    return {
        **errors(original, saved),
        **_structure(original, saved),
        "gmsd": _gmsd(original, saved),
        **_colour(original, saved),
        "low_frequency_share": _low_frequency_share(original, saved),
        **beyond(original, saved, jnd, limit),
    }


def _strips(height: int, margin: int = 0, rows: int = STRIP) -> Iterator[tuple[slice, slice]]:
    """Rows to measure with what lies around them, and where they are in that."""
    for start in range(0, height, rows):
        stop = min(start + rows, height)
        top, bottom = max(start - margin, 0), min(stop + margin, height)
        yield slice(top, bottom), slice(start - top, stop - top)


def errors(original: PhotoLevels, saved: PhotoLevels) -> Numbers:
    """PSNR of all samples, of each channel and of luma, and the length of the change."""
    squares = np.zeros(original.shape[2], dtype=np.int64)
    in_luma, largest = 0.0, 0
    shares = np.array(LUMA if original.shape[2] == 3 else (1.0,))
    for rows, _ in _strips(len(original)):
        change = saved[rows].astype(np.int16) - original[rows]
        if not change.any():
            continue
        largest = max(largest, int(np.abs(change).max()))
        squares += np.square(change, dtype=np.int32).sum(axis=(0, 1), dtype=np.int64)
        in_luma += float(np.square(change @ shares).sum())
    pixels = original.shape[0] * original.shape[1]
    each = np.broadcast_to(squares, 3)
    return {
        "psnr": _decibels(squares.sum() / original.size),
        **{
            f"psnr_{name}": _decibels(square / pixels)
            for name, square in zip(CHANNELS, each, strict=True)
        },
        "psnr_luma": _decibels(in_luma / pixels),
        "l2": math.sqrt(squares.sum()),
        "linf": float(largest),
    }


def _decibels(mean_square: float) -> float | None:
    """PSNR of a mean squared error in squared levels."""
    return 10 * math.log10(LEVELS**2 / mean_square) if mean_square else None


def _structure(original: PhotoLevels, saved: PhotoLevels) -> Numbers:
    """SSIM of R, G, B and of luma, and MS-SSIM, which share their finest scale."""
    channels, size = original.shape[2], original.shape[:2]
    one, other = _images(original, *_around_changes(original, saved))
    finest = _similarity(torch.cat([one, luma(one)], 1), torch.cat([other, luma(other)], 1), size)
    answers: Numbers = {
        "ssim": finest.both[:channels].mean().item(),
        "ssim_luma": finest.both[-1].item(),
        "ms_ssim": None,
    }
    if min(size) < MINIMUM:
        return answers
    score = finest.structure[:channels].clamp(min=0) ** WEIGHTS[0]
    for exponent in WEIGHTS[1:]:
        one, other, size = halved(one), halved(other), (-(-size[0] // 2), -(-size[1] // 2))
        scale = _similarity(one, other, size)
        last = exponent == WEIGHTS[-1]
        score = score * (scale.both if last else scale.structure).clamp(min=0) ** exponent
    answers["ms_ssim"] = score.mean().item()
    return answers


def _around_changes(original: PhotoLevels, saved: PhotoLevels) -> tuple[RegionLevels, RegionLevels]:
    """The part of two photos outside which no window, at no scale, sees a change.

    It begins and ends where the photo does or at a multiple of the coarsest scale's pixels, so that
    halving it gives the same pixels as halving the photo.
    """
    changed = (original != saved).any(axis=2)
    ends = []
    for axis, length in ((1, changed.shape[0]), (0, changed.shape[1])):
        places = np.flatnonzero(changed.any(axis=axis))
        first, last = (places[0], places[-1] + 1) if len(places) else (0, 0)
        start = max(int(first) - MARGIN, 0) // COARSEST * COARSEST
        stop = min(-(-(int(last) + MARGIN) // COARSEST) * COARSEST, length)
        ends.append(slice(start, stop))
    return original[ends[0], ends[1]], saved[ends[0], ends[1]]


@final
@dataclass(frozen=True)
class _Similarity:
    """Means over the picture, one for each channel.

    Args:
        both: Of luminance, contrast and structure.
        structure: Of contrast and structure alone.
    """

    both: Tensor
    structure: Tensor


def _similarity(one: Images, other: Images, size: tuple[int, int]) -> _Similarity:
    """Means over a picture of some size, of which the parts outside these two are equal."""
    height, width = one.shape[2] - 2 * RADIUS, one.shape[3] - 2 * RADIUS
    count = (size[0] - 2 * RADIUS) * (size[1] - 2 * RADIUS)
    lost = torch.zeros(2, one.shape[1], dtype=torch.float64)
    for start in range(0, height, STRIP):
        rows = slice(start, min(start + STRIP, height) + 2 * RADIUS)
        pair = one[:, :, rows], other[:, :, rows]
        if torch.equal(*pair):
            continue
        places = (rows.stop - rows.start - 2 * RADIUS) * width
        luminance, structure = luminance_and_structure(*pair)
        kept = torch.stack([luminance * structure, structure])
        lost += places - kept.sum(dim=(1, 3, 4), dtype=torch.float64)
    both, structure = 1 - lost / count
    return _Similarity(both, structure)


def structural_similarity(original: PhotoLevels, saved: PhotoLevels) -> float:
    """`sublimen.metrics.ssim` of one pair of any size, strip by strip."""
    one, other = _images(original, *_around_changes(original, saved))
    return _similarity(one, other, original.shape[:2]).both.mean().item()


def _gmsd(original: PhotoLevels, saved: PhotoLevels) -> float:
    """The deviation of the gradients' similarity, which is 1 where nothing changed."""
    parts = _images(original, *_around_changes(original, saved))
    one, other = (halved(luma(images)) for images in parts)
    total = square = 0.0
    for rows, inside in _strips(one.shape[2], margin=1, rows=4 * STRIP):
        pair = one[:, :, rows], other[:, :, rows]
        if not torch.equal(*pair):
            gone = 1 - gradient_similarity(*pair)[0, 0, inside].double()
            total += gone.sum().item()
            square += gone.square().sum().item()
    count = -(-original.shape[0] // 2) * -(-original.shape[1] // 2)
    return math.sqrt(max(square / count - (total / count) ** 2, 0))


def _colour(original: PhotoLevels, saved: PhotoLevels) -> Numbers:
    """CIEDE2000 where something changed, 0 elsewhere."""
    changed = (original != saved).any(axis=2)
    found = [np.zeros(0, np.float32)]
    for rows, _ in _strips(len(original)):
        where = changed[rows]
        if where.any():
            pixels = (levels[rows][where][:, None] for levels in (original, saved))
            pair = (lab(xyz(i.expand(-1, 3, -1, -1))) for i in _images(original, *pixels))
            found.append(difference(*pair).flatten().numpy())
    values = np.concatenate(found)
    count = changed.size
    return {
        "ciede2000_mean": float(values.sum(dtype=np.float64) / count),
        "ciede2000_p95": _percentile(values, count, 0.95),
        "ciede2000_max": float(values.max(initial=0)),
    }


def _images(photo: PhotoLevels, *parts: np.ndarray) -> list[Tensor]:
    """Parts of a photo as images: in double precision unless the photo is large."""
    large = photo.shape[0] * photo.shape[1] > LARGE
    dtype = torch.float32 if large else torch.float64
    return [from_bytes(np.ascontiguousarray(part), dtype) for part in parts]


def _percentile(values: np.ndarray, count: int, share: float) -> float:
    """Linear between neighbours, of `count` numbers of which all but `values` are 0."""
    place = share * (count - 1) - (count - len(values))
    if place <= -1:
        return 0.0
    low = math.floor(place)
    ends = [k for k in (low, min(low + 1, len(values) - 1)) if k >= 0]
    ranked = np.partition(values, ends)
    lower = ranked[low] if low >= 0 else 0.0
    return float(lower + (place - low) * (ranked[ends[-1]] - lower))


def _low_frequency_share(original: PhotoLevels, saved: PhotoLevels) -> float:
    energy = slow = 0.0
    for rows, inside in _strips(len(original), margin=REACH, rows=4 * STRIP):
        change = from_bytes(saved[rows]) - from_bytes(original[rows])
        if change.any():
            energy += change[:, :, inside].square().sum(dtype=torch.float64).item()
            blurred = correlate(change, gaussian(REACH, SIGMA), border="edge")
            slow += blurred[:, :, inside].square().sum(dtype=torch.float64).item()
    return slow / energy if energy else 0.0


def beyond(original: PhotoLevels, saved: PhotoLevels, jnd: LevelMap, limit: float) -> Numbers:
    """PSPNR, and the share of each channel beyond the map and how far it goes there."""
    channels = original.shape[2]
    excess, counts, depths = 0.0, np.zeros(channels, dtype=np.int64), np.zeros(channels)
    for rows, _ in _strips(len(original)):
        change = np.abs(saved[rows].astype(np.float32) - original[rows]).transpose(2, 0, 1)
        if not change.any():
            continue
        over = change - limit * jnd[:, rows]
        counts += (over > SLACK).sum(axis=(1, 2))
        excess += float(np.square(np.maximum(over, 0), dtype=np.float64).sum())
        ratio = change / np.maximum(limit * jnd[:, rows], np.finfo(np.float32).tiny)
        depths = np.maximum(depths, ratio.max(axis=(1, 2)))
    pixels = original.shape[0] * original.shape[1]
    shares = np.broadcast_to(counts / pixels, 3)
    return {
        "pspnr": _decibels(excess / original.size),
        "beyond_share": float(counts.sum() / original.size),
        **{f"beyond_share_{n}": float(s) for n, s in zip(CHANNELS, shares, strict=True)},
        **{
            f"beyond_depth_{n}": float(d)
            for n, d in zip(CHANNELS, np.broadcast_to(depths, 3), strict=True)
        },
    }
