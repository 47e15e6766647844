"""Liu's model a second time, from its formulas, in NumPy and SciPy.

`liu` works on whole planes, in the dtype that comes in, `liu_loop` visits one pixel after the
other. Planes are height x width, in 8-bit levels; so are the maps. The structure image is found
twice: one minimum cut for each level, and by a primal-dual iteration.
"""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import maximum_flow

from tests.jnd.oracles import (
    adaptation_at,
    background,
    local_loop,
    luminance_adaptation,
    overlap,
    strongest_slope,
)

LAMBDA = 0.8


def energy(structure, plane, fidelity=LAMBDA):
    outline = sum(np.abs(np.diff(structure.astype(float), axis=k)).sum() for k in (0, 1))
    return outline + fidelity * np.abs(structure - plane.astype(float)).sum()


def least_energy(plane):
    """The least energy of whole levels, as the sum of one minimum cut for each level."""
    return sum(minimum_cut(plane >= level) for level in range(1, int(plane.max()) + 1))


def minimum_cut(inside):
    """Least outline of a set plus 0.8 times the pixels where it is not `inside`."""
    number = inside.size
    grid = np.arange(number).reshape(inside.shape)
    behind = np.concatenate([grid[:, :-1].ravel(), grid[:-1].ravel()])
    ahead = np.concatenate([grid[:, 1:].ravel(), grid[1:].ravel()])
    edges = [
        (behind, ahead, 5),
        (ahead, behind, 5),
        (np.full(inside.sum(), number), grid[inside], 4),
        (grid[~inside], np.full((~inside).sum(), number + 1), 4),
    ]
    rows, columns = (np.concatenate([edge[k] for edge in edges]) for k in (0, 1))
    capacities = np.concatenate([np.full(len(rows), c, np.int32) for rows, _, c in edges])
    graph = coo_array((capacities, (rows, columns)), shape=(number + 2, number + 2)).tocsr()
    return maximum_flow(graph, number, number + 1).flow_value / 5


def primal_dual(plane, iterations, step=2.0):
    """The structure image by Chambolle and Pock's iteration."""
    structure = plane.copy()
    down, across = np.zeros_like(plane), np.zeros_like(plane)
    for _ in range(iterations):
        before = structure
        moved = structure - step * gradient_transposed(down, across) - plane
        structure = plane + np.sign(moved) * np.maximum(np.abs(moved) - step * LAMBDA, 0)
        ahead = 2 * structure - before
        down[:-1] = np.clip(down[:-1] + np.diff(ahead, axis=0) / (8 * step), -1, 1)
        across[:, :-1] = np.clip(across[:, :-1] + np.diff(ahead, axis=1) / (8 * step), -1, 1)
    return structure


def gradient_transposed(down, across):
    """Of differences ahead, which are zero in the last row and column."""
    result = -down - across
    result[1:] += down[:-1]
    result[:, 1:] += across[:, :-1]
    return result


def liu(plane, structure, variant, padding="reflect"):
    mean = background(plane, padding)
    edge = strongest_slope(structure, padding)
    texture = strongest_slope(plane - structure, padding)
    if variant == "paper":
        masking = 0.117 * 1 * edge + 0.117 * 3 * texture
    else:
        gain, offset = 0.0001 * mean + 0.115, 0.5 - 0.01 * mean
        masking = 0.7 * np.clip(gain * edge + offset, 0, 10)
        masking += 1.4 * np.clip(gain * texture + offset, 0, 10)
    return overlap(luminance_adaptation(mean), masking, 0.3)


def liu_loop(plane, structure, variant, padding="reflect"):
    mean, _ = local_loop(plane, padding)
    _, edge = local_loop(structure, padding)
    _, texture = local_loop(plane - structure, padding)
    result = np.empty_like(plane)
    for at in np.ndindex(plane.shape):
        if variant == "paper":
            masking = 0.117 * edge[at] + 0.351 * texture[at]
        else:
            masking = 0.7 * released(mean[at], edge[at]) + 1.4 * released(mean[at], texture[at])
        flat = adaptation_at(mean[at])
        result[at] = flat + masking - 0.3 * min(flat, masking)
    return result


def released(mean, slope):
    return min(max((0.0001 * mean + 0.115) * slope + 0.5 - 0.01 * mean, 0), 10)
