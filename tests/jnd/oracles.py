"""Second implementations of the JND models, from their formulas, in NumPy and SciPy.

`chou_li`, `yang` and `wu_2017` work on whole planes, in the dtype that comes in. The `_loop`s
visit one pixel after the other. Planes are height x width, in 8-bit levels; so are the maps.
"""

import math

import numpy as np
from scipy import ndimage

MODES = {"reflect": "mirror", "zeros": "constant"}

BACKGROUND = np.array([[1] * 5, [1, 2, 2, 2, 1], [1, 2, 0, 2, 1], [1, 2, 2, 2, 1], [1] * 5])
ROWS = np.outer([0, 1, 0, -1, 0], [1, 3, 8, 3, 1])
DIAGONAL = np.array(
    [[0, 0, 1, 0, 0], [0, 8, 3, 0, 0], [1, 3, 0, -3, -1], [0, 0, -3, -8, 0], [0, 0, -1, 0, 0]]
)
SLOPES = [ROWS, DIAGONAL, np.rot90(DIAGONAL, -1), np.rot90(ROWS)]
PREWITT = np.outer([1, 1, 1], [-1, 0, 1])


def correlate(plane, kernel, padding):
    return ndimage.correlate(plane, kernel.astype(plane.dtype), mode=MODES[padding])


def background(plane, padding):
    return correlate(plane, BACKGROUND, padding) / 32


def strongest_slope(plane, padding):
    slopes = [np.abs(correlate(plane, kernel, padding)) for kernel in SLOPES]
    return np.maximum.reduce(slopes) / 16


def luminance_adaptation(mean):
    dark = 17 * (1 - np.sqrt(np.maximum(mean, 0) / 127)) + 3
    return np.where(mean <= 127, dark, 3 / 128 * (mean - 127) + 3)


def overlap(one, other, gain):
    return one + other - gain * np.minimum(one, other)


def gaussian(side, sigma):
    offsets = np.arange(side) - side // 2
    weights = np.exp(-(offsets**2) / (2 * sigma**2))
    return weights / weights.sum()


def smooth(plane, side, sigma, padding):
    weights = gaussian(side, sigma)
    rows = ndimage.correlate1d(plane, weights, axis=0, mode=MODES[padding])
    return ndimage.correlate1d(rows, weights, axis=1, mode=MODES[padding])


def chou_li(plane, padding="reflect"):
    mean, slope = background(plane, padding), strongest_slope(plane, padding)
    texture = slope * (0.0001 * mean + 0.115) + 0.5 - 0.01 * mean
    return np.maximum(texture, luminance_adaptation(mean))


def yang(plane, edges=None, padding="reflect", *, luma=None, beta=0.117, gain=0.3):
    """One plane of Yang's model; `luma` where the plane is a colour difference."""
    luma = plane if luma is None else luma
    edges = canny(luma, 0.5) if edges is None else edges
    weight = smooth(np.where(edges, 0.1, 1).astype(plane.dtype), 7, 0.8, padding)
    texture = beta * strongest_slope(plane, padding) * weight
    return overlap(luminance_adaptation(background(luma, padding)), texture, gain)


def yang_ntu(plane, edges=None, padding="reflect"):
    """The release of Yang's group."""
    edges = canny(plane, 0.5) if edges is None else edges
    wide = ndimage.binary_dilation(edges, np.ones((11, 11)))
    weight = smooth(np.where(wide, 0.05, 1).astype(plane.dtype), 7, 0.8, padding)
    mean = background(plane, padding)
    texture = strongest_slope(plane, padding) * weight * (0.0001 * mean + 0.115) + 0.5 - 0.01 * mean
    return overlap(luminance_adaptation(mean), texture, 0.3)


def yang_planes(rgb, edges, padding="reflect"):
    """Thresholds of Y, Cb and Cr of a colour picture, height x width x 3, in levels."""
    luma = rgb @ np.array([0.299, 0.587, 0.114])
    blue, red = 0.564 * (rgb[..., 2] - luma) + 128, 0.713 * (rgb[..., 0] - luma) + 128
    constants = [(luma, 0.117, 0.3), (blue, 0.65, 0.25), (red, 0.45, 0.2)]
    return [yang(p, edges, padding, luma=luma, beta=b, gain=c) for p, b, c in constants]


def canny(plane, high):
    """Edges as MATLAB's edge(plane, 'canny', high), hanging together over sides."""
    offsets = np.arange(-6, 7)
    weights = np.exp(-(offsets**2) / 4)
    weights = weights / weights.sum()
    slope = np.gradient(weights)
    slope = slope / slope[slope > 0].sum()
    across = ndimage.correlate1d(plane, weights, axis=0, mode="nearest")
    across = ndimage.convolve1d(across, slope, axis=1, mode="nearest")
    down = ndimage.correlate1d(plane, weights, axis=1, mode="nearest")
    down = ndimage.convolve1d(down, slope, axis=0, mode="nearest")
    size = np.hypot(across, down)
    largest = size.max()
    if largest == 0:
        return np.zeros(plane.shape, bool)
    size /= largest
    ridge = np.zeros(plane.shape, bool)
    ridge[1:-1, 1:-1] = ridges(across[1:-1, 1:-1], down[1:-1, 1:-1], size)
    parts, _ = ndimage.label(ridge & (size > 0.4 * high))
    kept = np.unique(parts[ridge & (size > high)])
    return np.isin(parts, kept[kept > 0])


def ridges(across, down, size):
    """Whether the slope at each inner pixel is no smaller than half a turn of octants says."""
    height, width = across.shape

    def at(rows, columns):
        return size[1 + rows : 1 + rows + height, 1 + columns : 1 + columns + width]

    sectors = [
        # direction lies between the first step and the second
        ((down >= 0) & (across > down) | (down <= 0) & (across < down), (0, 1), (1, 1)),
        ((across > 0) & (across <= down) | (across < 0) & (across >= down), (1, 0), (1, 1)),
        ((across <= 0) & (-across < down) | (across >= 0) & (-across > down), (1, 0), (1, -1)),
        ((down < 0) & (across >= -down) | (down > 0) & (across <= -down), (0, 1), (-1, 1)),
    ]
    result = np.zeros(across.shape, bool)
    tiny = np.finfo(across.dtype).tiny
    for inside, (r, c), (rr, cc) in sectors:
        small, large = (down, across) if r == 0 else (across, down)
        share = np.abs(small) / np.maximum(np.abs(large), tiny)
        ahead = at(r, c) * (1 - share) + at(rr, cc) * share
        behind = at(-r, -c) * (1 - share) + at(-rr, -cc) * share
        result |= inside & (at(0, 0) >= ahead) & (at(0, 0) >= behind)
    return result


def wu_2017(plane, edges=None, padding="reflect"):
    """The released program's model with its stages, as a dictionary; the map is `jnd_map`."""
    slope = strongest_slope(plane, padding)
    if edges is None:
        edges = canny(plane, min(60 / max(slope[2:-2, 2:-2].max(), 1e-9), 0.8))
    stages = {"jnd_LA": 0.7 * luminance_adaptation(lifted(background(plane, padding)))}
    contrast = stages["L_c"] = deviation(plane, padding)
    stages["jnd_LC"] = 1.84 * contrast**2.4 / (contrast**2 + 26**2)
    complexity = stages["P_c"] = smooth(orientations(plane), 3, 1.0, padding)
    stages["C_t"] = 0.3 * complexity**2.7 / (complexity**2 + 1)
    stages["jnd_PM"] = contrast * stages["C_t"]
    wide = ndimage.binary_dilation(edges, np.ones((5, 5)))
    stages["edge_protect"] = smooth((~wide).astype(plane.dtype), 5, 0.8, padding)
    stages["jnd_VM"] = np.maximum(stages["jnd_LC"], stages["jnd_PM"] * stages["edge_protect"])
    stages["jnd_map"] = overlap(stages["jnd_LA"], stages["jnd_VM"], 0.3)
    return stages


def wu_2017_paper(plane, padding="reflect"):
    """The printed equations with their stages, as a dictionary; the map is under ""."""
    mean = background(plane, padding)
    dark = 17 * (1 - np.sqrt(np.maximum(mean, 0) / 127))
    stages = {"_LA": np.where(mean < 127, dark, 3 / 128 * (mean - 127) + 3)}
    across = ndimage.correlate(plane, PREWITT / 3, mode="nearest")
    down = ndimage.correlate(plane, PREWITT.T / 3, mode="nearest")
    slope = stages["_Cl"] = np.hypot(across, down)
    angle = np.degrees(np.arctan2(down, across)) % 180
    bins = np.minimum(np.floor(angle / 12), 14).astype(np.int32)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(bins, 1, mode="edge"), (3, 3))
    seen = np.bitwise_or.reduce(np.left_shift(1, windows), axis=(2, 3))
    count = stages["_Cp"] = np.bitwise_count(seen).astype(plane.dtype)
    stages["_MP"] = np.log2(1 + slope) * 0.8 * count**2.7 / (count**2 + 0.01)
    stages["_MC"] = 0.115 * 16 * slope**2.4 / (slope**2 + 676)
    stages[""] = overlap(stages["_LA"], np.maximum(stages["_MP"], stages["_MC"]), 0.3)
    return stages


def lifted(mean):
    mean = np.floor(mean)
    return np.where(mean <= 127, np.floor(32 + mean * 95 / 127 + 0.5), mean)


def deviation(plane, padding):
    mode = MODES[padding]
    mean = ndimage.uniform_filter(plane, 5, mode=mode)
    square = ndimage.uniform_filter(plane**2, 5, mode=mode)
    result = np.zeros_like(plane)
    result[2:-2, 2:-2] = np.sqrt(np.maximum(square - mean**2, 0))[2:-2, 2:-2]
    return result


def orientations(plane):
    """How many bins of 12 degrees occur in 3 x 3 pixels."""
    across = ndimage.correlate(plane, PREWITT.astype(plane.dtype), mode="nearest")
    down = ndimage.correlate(plane, PREWITT.T.astype(plane.dtype), mode="nearest")
    angle = np.degrees(np.arctan2(down, across))
    angle = np.trunc(angle + np.copysign(0.5, angle))
    angle = np.where(angle > 90, angle - 180, np.where(angle < -90, angle + 180, angle))
    bins = np.trunc((angle + 90) / 12 + 0.5).astype(np.int32)
    bins[across**2 + down**2 < 225] = 16
    seen = np.left_shift(1, np.pad(bins, 1, mode="edge"))
    seen = seen[:-2] | seen[1:-1] | seen[2:]
    seen = seen[:, :-2] | seen[:, 1:-1] | seen[:, 2:]
    count = np.bitwise_count(seen).astype(plane.dtype)
    count[bins == 16] = 1
    count[[0, -1]] = count[:, [0, -1]] = 1
    return count


def padded(plane, margin, padding):
    mode = "reflect" if padding == "reflect" else "constant"
    return np.pad(plane, margin, mode=mode)


def local_loop(plane, padding):
    """Mean luminance and strongest slope, pixel by pixel."""
    wide = padded(plane, 2, padding)
    mean, slope = np.empty_like(plane), np.empty_like(plane)
    for row, column in np.ndindex(plane.shape):
        window = wide[row : row + 5, column : column + 5]
        mean[row, column] = (window * BACKGROUND).sum() / 32
        slope[row, column] = max(abs((window * kernel).sum()) for kernel in SLOPES) / 16
    return mean, slope


def adaptation_at(mean):
    if mean <= 127:
        return 17 * (1 - math.sqrt(mean / 127)) + 3
    return 3 / 128 * (mean - 127) + 3


def chou_li_loop(plane, padding="reflect"):
    result = np.empty_like(plane)
    mean, slope = local_loop(plane, padding)
    for place in np.ndindex(plane.shape):
        alpha, beta = 0.0001 * mean[place] + 0.115, 0.5 - 0.01 * mean[place]
        result[place] = max(slope[place] * alpha + beta, adaptation_at(mean[place]))
    return result


def smoothed_at(plane, side, sigma, row, column):
    """Gaussian mean around one pixel of a plane that is already extended."""
    line = gaussian(side, sigma)
    return (plane[row : row + side, column : column + side] * np.outer(line, line)).sum()


def yang_loop(plane, edges, padding="reflect"):
    result = np.empty_like(plane)
    mean, slope = local_loop(plane, padding)
    free = padded(np.where(edges, 0.1, 1.0), 3, padding)
    for row, column in np.ndindex(plane.shape):
        weight = smoothed_at(free, 7, 0.8, row, column)
        flat = adaptation_at(mean[row, column])
        texture = 0.117 * slope[row, column] * weight
        result[row, column] = flat + texture - 0.3 * min(flat, texture)
    return result


def wu_2017_loop(plane, edges, padding="reflect"):
    mean, _ = local_loop(plane, padding)
    bins = bins_loop(plane)
    count = padded(count_loop(bins), 1, padding)
    free = padded(protection_loop(edges), 2, padding)
    result = np.empty_like(plane)
    height, width = plane.shape
    for row, column in np.ndindex(plane.shape):
        dark = math.floor(mean[row, column])
        lift = math.floor(32 + dark * 95 / 127 + 0.5) if dark <= 127 else dark
        inside = 2 <= row < height - 2 and 2 <= column < width - 2
        window = plane[row - 2 : row + 3, column - 2 : column + 3]
        contrast = float(window.std()) if inside else 0.0
        complexity = smoothed_at(count, 3, 1.0, row, column)
        pattern = contrast * 0.3 * complexity**2.7 / (complexity**2 + 1)
        pattern *= smoothed_at(free, 5, 0.8, row, column)
        masking = max(1.84 * contrast**2.4 / (contrast**2 + 676), pattern)
        flat = 0.7 * adaptation_at(lift)
        result[row, column] = flat + masking - 0.3 * min(flat, masking)
    return result


def bins_loop(plane):
    wide = np.pad(plane, 1, mode="edge")
    bins = np.full(plane.shape, 16)
    for row, column in np.ndindex(plane.shape):
        window = wide[row : row + 3, column : column + 3]
        across, down = (window * PREWITT).sum(), (window * PREWITT.T).sum()
        if across**2 + down**2 >= 225:
            angle = math.degrees(math.atan2(down, across))
            whole = int(math.copysign(math.floor(abs(angle) + 0.5), angle))
            whole -= 180 * ((whole > 90) - (whole < -90))
            bins[row, column] = math.floor((whole + 90) / 12 + 0.5)
    return bins


def count_loop(bins):
    height, width = bins.shape
    count = np.ones(bins.shape)
    for row in range(1, height - 1):
        for column in range(1, width - 1):
            if bins[row, column] != 16:
                around = bins[row - 1 : row + 2, column - 1 : column + 2]
                count[row, column] = len(set(around.ravel().tolist()))
    return count


def protection_loop(edges):
    free = np.ones(edges.shape)
    for row, column in np.argwhere(edges):
        free[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3] = 0
    return free
