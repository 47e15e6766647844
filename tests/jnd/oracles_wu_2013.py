"""Second implementations of Wu et al. 2013, from its formulas, in NumPy and SciPy.

`wu_2013` works on whole planes, in the dtype that comes in; `wu_2013_loop` visits one pixel after
the other. Planes are height x width, in 8-bit levels; so are the maps.
"""

import math

import numpy as np
from scipy import ndimage

from tests.jnd import oracles

MIRRORED = {"reflect": "reflect", "zeros": "symmetric"}
WINDOW = [(u, v) for u in range(-10, 11) for v in range(-10, 11) if (u, v) != (0, 0)]


def wu_2013(plane, edges=None, padding="reflect", *, predicted=None):
    """The model with its stages, as a dictionary; the map is `jnd_map`."""
    edges = oracles.canny(plane, 0.7) if edges is None else edges
    if predicted is None:
        predicted = np.floor(prediction(plane, padding) + 0.5)
    stages = {"img_ar": predicted, "jnd_LA": adaptation(predicted, padding)}
    mean = np.floor(oracles.background(predicted, padding))
    slope = oracles.strongest_slope(predicted, padding)
    slope = 80 * np.log10(1 + slope / 80) / np.log10(4)
    stages["jnd_CM"] = np.abs(slope * (0.0001 * mean + 0.115) + 0.5 - 0.01 * mean)
    stages["jnd_order"] = oracles.overlap(stages["jnd_LA"], stages["jnd_CM"], 0.3)
    rest = np.abs(plane - predicted)
    thinned = np.minimum(rest, oracles.smooth(rest, 7, 7 / 3, padding))
    wide = ndimage.binary_dilation(edges, ndimage.iterate_structure(DIAMOND, 2))
    weight = oracles.smooth(1 - 0.8 * wide.astype(plane.dtype), 5, 0.8, padding)
    stages["jnd_Dis"] = np.where(deviation(plane, padding) < 10, thinned, rest) * weight
    stages["jnd_map0"] = oracles.overlap(stages["jnd_order"], stages["jnd_Dis"], 0.3)
    stages["jnd_map"] = framed(stages["jnd_map0"], padding)
    return stages


DIAMOND = ndimage.generate_binary_structure(2, 1)


def framed(jnd, padding):
    result = jnd.copy()
    if padding == "zeros":
        result[:2] = result[:, :2] = result[-3:] = result[:, -3:] = 0
    return result


def adaptation(plane, padding):
    return oracles.luminance_adaptation(oracles.lifted(oracles.background(plane, padding)))


def deviation(plane, padding):
    mode = oracles.MODES[padding]
    mean = ndimage.uniform_filter(plane, 7, mode=mode)
    square = ndimage.uniform_filter(plane**2, 7, mode=mode)
    return np.sqrt(np.maximum(square - mean**2, 0))


def variance(plane, padding):
    noise = np.maximum(adaptation(plane, padding), 8)
    spread = deviation(plane, padding)
    return np.where(spread > noise, noise**3 / np.maximum(spread, 1), noise**2)


def prediction(plane, padding):
    """Means of look-alikes, not yet rounded."""
    height, width = plane.shape
    scale = variance(plane, padding)
    wide = np.pad(plane, 13, mode=MIRRORED[padding])
    near = wide[10:-10, 10:-10]
    total, weights, largest = (np.zeros_like(plane) for _ in range(3))
    for u, v in WINDOW:
        there = wide[10 + u :, 10 + v :][: height + 6, : width + 6]
        distance = ndimage.uniform_filter((there - near) ** 2, 7)[3:-3, 3:-3]
        weight = np.exp(-distance / scale)
        total += weight * there[3:-3, 3:-3]
        weights += weight
        np.maximum(largest, weight, out=largest)
    weights += largest
    found = (total + largest * plane) / np.maximum(weights, np.finfo(plane.dtype).tiny)
    return np.where(weights > 0, found, plane)


def prediction_loop(plane, padding):
    wide = np.pad(plane, 13, mode=MIRRORED[padding])
    result = plane.copy()
    for row, column in np.ndindex(plane.shape):
        scale = variance_at(plane, row, column, padding)
        patches = np.lib.stride_tricks.sliding_window_view(wide[row : row + 27, :], (7, 7))
        here = patches[10, column + 10]
        weights, values = [], []
        for u, v in WINDOW:
            there = patches[10 + u, column + 10 + v]
            weights.append(math.exp(-((there - here) ** 2).mean() / scale))
            values.append(there[3, 3])
        weights.append(max(weights))
        values.append(plane[row, column])
        if sum(weights) > 0:
            result[row, column] = np.dot(weights, values) / sum(weights)
    return result


def variance_at(plane, row, column, padding):
    wide = oracles.padded(plane, 3, padding)[row : row + 7, column : column + 7]
    dark = math.floor((wide[1:6, 1:6] * oracles.BACKGROUND).sum() / 32)
    lift = math.floor(32 + dark * 95 / 127 + 0.5) if dark <= 127 else dark
    noise = max(oracles.adaptation_at(lift), 8)
    spread = wide.std()
    return noise**2 * noise / spread if spread > noise else noise**2


def wu_2013_loop(plane, edges, padding="reflect"):
    predicted = np.floor(prediction_loop(plane, padding) + 0.5)
    mean, slope = oracles.local_loop(predicted, padding)
    rest = oracles.padded(np.abs(plane - predicted), 3, padding)
    wide = oracles.padded(plane, 3, padding)
    free = oracles.padded(protection_loop(edges), 2, padding)
    result = np.empty_like(plane)
    for row, column in np.ndindex(plane.shape):
        dark = math.floor(mean[row, column])
        lift = math.floor(32 + dark * 95 / 127 + 0.5) if dark <= 127 else dark
        flat = oracles.adaptation_at(lift)
        curved = 80 * math.log(1 + slope[row, column] / 80, 4)
        texture = abs(curved * (0.0001 * dark + 0.115) + 0.5 - 0.01 * dark)
        orderly = flat + texture - 0.3 * min(flat, texture)
        hidden = rest[row + 3, column + 3]
        if wide[row : row + 7, column : column + 7].std() < 10:
            hidden = min(hidden, oracles.smoothed_at(rest, 7, 7 / 3, row, column))
        hidden *= oracles.smoothed_at(free, 5, 0.8, row, column)
        result[row, column] = orderly + hidden - 0.3 * min(orderly, hidden)
    return framed(result, padding)


def protection_loop(edges):
    free = np.ones(edges.shape)
    for row, column in np.argwhere(edges):
        for r, c in np.ndindex(edges.shape):
            if abs(r - row) + abs(c - column) <= 2:
                free[r, c] = 0.2
    return free
