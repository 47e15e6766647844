"""Zhang, Lin and Xue's model from its formulas, in NumPy and SciPy.

`zhang_dct` works on whole planes, in the dtype that comes in, `zhang_dct_loop` on one coefficient
after the other. Planes are height x width, in 8-bit levels; so are the results: the thresholds of
the coefficients laid out as the picture, and the map.
"""

import math

import numpy as np
from scipy import fft

LOW = np.zeros((8, 8), bool)
LOW[[0, 1, 1, 0, 2], [1, 0, 1, 2, 0]] = True
MEDIUM = np.zeros((8, 8), bool)
MEDIUM[0, 3:7] = MEDIUM[3:7, 0] = True
MEDIUM[[1, 2, 2, 3], [2, 1, 2, 3]] = True
HIGH = ~(LOW | MEDIUM)
HIGH[0, 0] = False

SETTINGS = {
    # factor, delta, least ratios up to a TexE of 900 and above, whether the mean is masked
    "code": (0.3, 1.5, (6.9, 4.8, 16.0), (1.6, 1.0, 2.0), False),
    "paper": (1.0, 1.25, (7.0, 5.0, 16.0), (0.7, 0.5, 16.0), True),
}


def base(degrees=0.0298, luminance=65):
    """Thresholds at mid-grey."""
    step = np.arange(8) / (16 * degrees)
    rows, columns = np.meshgrid(step, step, indexing="ij")
    square = rows**2 + columns**2
    square[0, 0] = 1
    frequency = np.sqrt(square)
    theta = np.arcsin(np.minimum(2 * rows * columns / square, 1))
    peak = 6.78 * (luminance / 300) ** 0.182
    steepness = 3.125 * (luminance / 300) ** 0.0706
    least = 0.25 * luminance / 94.7 / (0.6 + 0.4 * np.cos(theta) ** 2)
    contrast = least * 10 ** (steepness * np.log10(frequency / peak) ** 2)
    norm = np.where(np.arange(8) == 0, np.sqrt(1 / 8), 1 / 2)
    result = 256 * contrast / (2 * luminance * np.outer(norm, norm))
    result[0, 0] = min(result[0, 1], result[1, 0])
    return result


def completed(plane, padding):
    height, width = plane.shape
    mode = "reflect" if padding == "reflect" else "constant"
    return np.pad(plane, ((0, -height % 8), (0, -width % 8)), mode=mode)


def transform(plane, padding):
    """Coefficients: rows of blocks x columns of blocks x 8 x 8."""
    whole = completed(plane, padding)
    blocks = whole.reshape(whole.shape[0] // 8, 8, whole.shape[1] // 8, 8).swapaxes(1, 2)
    return fft.dctn(blocks, axes=(2, 3), norm="ortho")


def zhang_dct(plane, padding="reflect", variant="code"):
    factor, delta, few, many, mean = SETTINGS[variant]
    found = transform(plane, padding)
    grey = found[:, :, 0, 0] / 1024
    adaptation = np.where(grey <= 1, 2 * (1 - grey) ** 3 + 1, 0.8 * (grey - 1) ** 2 + 1)
    adapted = base().astype(plane.dtype) * adaptation[..., None, None]
    sizes = np.abs(found)
    low, medium, high = (sizes[:, :, band].sum(axis=2) for band in (LOW, MEDIUM, HIGH))
    texture = medium + high
    kind = kinds(low, medium, high, few, many)
    by_block = np.ones_like(texture)
    by_block[kind == "e"] = np.where(low + medium > 400, 1.25, 1.125)[kind == "e"]
    by_block[kind == "t"] = (1 + (texture - 290) / (1800 - 290) * delta)[kind == "t"]
    elevated = by_block[..., None, None] * np.maximum(1, sizes / adapted) ** 0.36
    quiet = (kind == "e")[..., None, None] & (LOW | MEDIUM)
    elevated = np.where(quiet, by_block[..., None, None], elevated)
    if not mean:
        elevated[:, :, 0, 0] = 1
    thresholds = factor * adapted * elevated
    energy = (thresholds**2).mean(axis=(2, 3))
    height, width = plane.shape
    laid = thresholds.swapaxes(1, 2).reshape(8 * energy.shape[0], 8 * energy.shape[1])
    jnd = np.sqrt(energy).repeat(8, axis=0).repeat(8, axis=1)
    return laid[:height, :width], jnd[:height, :width]


def kinds(low, medium, high, few, many):
    """Whether blocks are plain, edges or texture, by the first letter."""
    tiny = np.finfo(low.dtype).tiny
    first = (low / 5 + medium / 12) / np.maximum(high / 46, tiny)
    second = (low / 5) / np.maximum(medium / 12, tiny)
    larger, smaller = np.maximum(first, second), np.minimum(first, second)
    texture = medium + high
    edge = [(larger >= a) & (smaller >= b) | (first >= alone) for a, b, alone in (few, many)]
    kind = np.where(texture > 290, "t", "p")
    kind[np.where(texture > 900, edge[1], edge[0])] = "e"
    kind[texture <= 125] = "p"
    return kind


def zhang_dct_loop(plane, padding="reflect", variant="code"):
    whole = completed(plane, padding)
    thresholds, jnd = np.empty_like(whole), np.empty_like(whole)
    for top in range(0, whole.shape[0], 8):
        for left in range(0, whole.shape[1], 8):
            place = slice(top, top + 8), slice(left, left + 8)
            thresholds[place] = block_loop(whole[place], variant)
            jnd[place] = math.sqrt((thresholds[place] ** 2).sum() / 64)
    height, width = plane.shape
    return thresholds[:height, :width], jnd[:height, :width]


def block_loop(pixels, variant):
    """Thresholds of one block, one after the other."""
    factor, delta, few, many, mean = SETTINGS[variant]
    cosines = fft.dct(np.eye(8), axis=0, norm="ortho")
    values = np.empty((8, 8))
    for i, j in np.ndindex(8, 8):
        values[i, j] = (np.outer(cosines[i], cosines[j]) * pixels).sum()
    grey = values[0, 0] / 1024
    adaptation = 2 * (1 - grey) ** 3 + 1 if grey <= 1 else 0.8 * (grey - 1) ** 2 + 1
    low, medium, high = (np.abs(values[band]).sum() for band in (LOW, MEDIUM, HIGH))
    kind = kinds(*(np.array([sum_]) for sum_ in (low, medium, high)), few, many)[0]
    by_block = {
        "p": 1,
        "e": 1.25 if low + medium > 400 else 1.125,
        "t": 1 + (medium + high - 290) / 1510 * delta,
    }[kind]
    table = base()
    result = np.empty((8, 8))
    for i, j in np.ndindex(8, 8):
        adapted = table[i, j] * adaptation
        quiet = kind == "e" and (LOW | MEDIUM)[i, j]
        by_itself = 1 if quiet else max(1, (abs(values[i, j]) / adapted) ** 0.36)
        plain_mean = i == j == 0 and not mean
        result[i, j] = factor * adapted * (1 if plain_mean else by_block * by_itself)
    return result
