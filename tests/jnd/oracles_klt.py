"""Second implementations of KLT-JND, from its formulas, in NumPy and SciPy.

`klt` works on whole planes, in the dtype that comes in; `klt_loop` visits one patch after the
other. Planes are height x width, in 8-bit levels; so are the maps. Patterns that do not vary are
left to chance here.
"""

import numpy as np
from scipy import ndimage, stats

from tests.jnd import oracles


def edges_of(plane):
    slope = oracles.strongest_slope(plane, "reflect")[2:-2, 2:-2].max()
    return oracles.canny(plane, min(60 / max(slope, 1e-9), 0.8))


def klt(plane, edges=None, padding="reflect"):
    """The model with its stages, as a dictionary; the map is `kj`."""
    edges = edges_of(plane) if edges is None else edges
    basis, energies = decomposition(training(plane))
    kept = critical_point(energies)
    height, width = plane.shape
    completed = np.pad(plane, ((0, -height % 8), (0, -width % 8)), mode="reflect")
    main = basis[:, :kept] @ (basis[:, :kept].T @ columns(completed))
    stages = {"thr": kept, "p": energies, "CPL": planes(main, completed.shape)[:height, :width]}
    stages["raw"] = np.abs(plane - stages["CPL"])
    wide = ndimage.binary_dilation(edges, np.ones((5, 5)))
    stages["ep"] = oracles.smooth((~wide).astype(plane.dtype), 5, 0.8, padding)
    stages["kj"] = stages["raw"] * stages["ep"]
    return stages


def columns(plane):
    """Patches of 8 x 8 side by side, each a column."""
    height, width = plane.shape
    patches = plane.reshape(height // 8, 8, width // 8, 8).transpose(1, 3, 0, 2)
    return patches.reshape(64, -1)


def planes(patches, shape):
    tall, broad = shape[0] // 8, shape[1] // 8
    return patches.reshape(8, 8, tall, broad).transpose(2, 0, 3, 1).reshape(shape)


def training(plane):
    height, width = plane.shape
    if (height // 8) * (width // 8) >= 64:
        return columns(plane[: height // 8 * 8, : width // 8 * 8])
    windows = np.lib.stride_tricks.sliding_window_view(plane, (8, 8))
    return windows.reshape(-1, 64).T


def decomposition(patches):
    """Eigenvectors of the covariance, largest first, and shares of energy of their coefficients."""
    _, vectors = np.linalg.eigh(np.cov(patches))
    basis = vectors[:, ::-1].astype(patches.dtype)
    energies = ((basis.T @ patches) ** 2).mean(axis=1)
    return basis, energies / energies.sum()


def critical_point(energies):
    weights = stats.weibull_min.pdf(np.cumsum(energies, dtype=float), 894.16, scale=0.99805)
    return int(np.ceil((np.arange(1, 65) * weights).sum() / weights.sum()))


def klt_loop(plane, edges, padding="reflect"):
    height, width = plane.shape
    side_by_side = (height // 8) * (width // 8) >= 64
    step = 8 if side_by_side else 1
    patches = [
        plane[row : row + 8, column : column + 8].ravel()
        for row in range(0, height - 7, step)
        for column in range(0, width - 7, step)
    ]
    basis, *_ = np.linalg.svd((np.array(patches) - np.mean(patches, axis=0)).T)
    energies = [np.mean([(pattern @ patch) ** 2 for patch in patches]) for pattern in basis.T]
    kept = critical_point(np.array(energies) / sum(energies))
    completed = np.pad(plane, ((0, -height % 8), (0, -width % 8)), mode="reflect")
    result = np.empty_like(completed)
    for row in range(0, height, 8):
        for column in range(0, width, 8):
            patch = completed[row : row + 8, column : column + 8].ravel()
            main = sum((pattern @ patch) * pattern for pattern in basis.T[:kept])
            result[row : row + 8, column : column + 8] = np.abs(patch - main).reshape(8, 8)
    free = oracles.padded(oracles.protection_loop(edges), 2, padding)
    for row, column in np.ndindex(plane.shape):
        result[row, column] *= oracles.smoothed_at(free, 5, 0.8, row, column)
    return result[:height, :width]
