"""Total variation with absolute fidelity: a picture without what is small, solved exactly.

The energy is the sum over thresholds of the energy of a set, the pixels at or above the threshold:
its outline plus what it gains or loses. One minimum cut of the grid decides one threshold of
all pixels that are still connected; they fall apart into those above and those below, each with
its own next threshold.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, maximum_flow

from sublimen.types import Plane

BELOW: Final = -1
"""Rank of a pixel whose value lies below all thresholds that are still open to it."""

ABOVE: Final = np.iinfo(np.int32).max
"""The same above."""

BUNDLE: Final = 4096
"""Pixels that are cut together, but for connected parts that are larger."""

LARGE: Final = 2**20
"""Pixels of which what lies above and what lies below are treated one after the other."""

Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]


@torch.no_grad()
def tv_l1(planes: Plane, fidelity: Fraction) -> Plane:
    """The largest u of the least energy, for each plane f.

        min_u  sum |u_i - u_j| + lambda sum |f_i - u_i|

    where i, j are pixels that share a side. It takes values of f only, to the last bit, whatever
    they are; an increasing map of the values maps it as well.

    Args:
        planes: f, any scale.
        fidelity: lambda, above 0: a square vanishes if its side is less than 4 / lambda pixels.

    References:
        Darbon, Sigelle, "Image restoration with discrete constrained total variation, part I",
        Journal of Mathematical Imaging and Vision 26(3), 2006: cuts of level sets. Thresholds
        are medians of what is still connected; pixels inside rectangles that cannot vanish, and
        outside of those that cannot be filled, are decided before.
    """
    return torch.cat([_structure(plane, fidelity) for plane in planes.chunk(len(planes))])


def _structure(plane: Plane, fidelity: Fraction) -> Plane:
    values, inverse = np.unique(plane[0, 0].cpu().numpy(), return_inverse=True)
    ranks = inverse.reshape(plane.shape[2:]).astype(np.int32)
    del inverse
    kept = torch.from_numpy(values[_least_energy(ranks, fidelity)])
    return kept[None, None].to(plane.device)


def _least_energy(ranks: Ints, fidelity: Fraction) -> Ints:
    """The ranks of u."""
    result = np.zeros(ranks.size, np.int32)
    waiting = [_Open.everything(ranks, fidelity)]
    while waiting:
        still, threshold = waiting.pop().with_thresholds()
        if not threshold.size:
            continue
        above = still.above(threshold, fidelity)
        result[still.places[above]] = threshold[above]
        still = still.split(threshold, above, fidelity.denominator)
        large = above.size > LARGE
        waiting += [still.only(above), still.only(~above)] if large else [still]
    return result.reshape(ranks.shape)


@dataclass(frozen=True)
class _Open:
    """Pixels whose rank is not yet known, and what ties them.

    Args:
        places: Where they are, row by row.
        ranks: Of f; `BELOW` or `ABOVE` once it makes no difference.
        least: A rank that u cannot fall below.
        most: A rank that u cannot exceed.
        pull: Neighbours known to lie above less those known to lie below, times their weight.
        pairs: Two rows: neighbours that may still have the same rank.
    """

    places: Ints
    ranks: Ints
    least: Ints
    most: Ints
    pull: Ints
    pairs: Ints

    @classmethod
    def everything(cls, ranks: Ints, fidelity: Fraction) -> "_Open":
        places = np.arange(ranks.size, dtype=np.int32)
        grid = places.reshape(ranks.shape)
        across = np.stack([grid[:, :-1].ravel(), grid[:, 1:].ravel()])
        down = np.stack([grid[:-1].ravel(), grid[1:].ravel()])
        least, most = certain(ranks, fidelity)
        return cls(
            places=places,
            ranks=np.where(ranks == 0, BELOW, ranks).astype(np.int32).ravel(),
            least=least.ravel(),
            most=most.ravel(),
            pull=np.zeros_like(places),
            pairs=np.concatenate([across, down], axis=1),
        )

    def with_thresholds(self) -> tuple["_Open", Ints]:
        """Parts in which a rank is open, and the median of those in the part of each pixel.

        What is large counts as one part.
        """
        nodes = len(self.places)
        large = nodes > LARGE
        number, parts = (1, np.zeros_like(self.places)) if large else _parts(nodes, self.pairs)
        candidates = np.flatnonzero((self.ranks != BELOW) & (self.ranks != ABOVE))
        keys = np.left_shift(parts[candidates], 32, dtype=np.int64)
        keys += self.ranks[candidates]
        keys.sort()
        counts = np.bincount(parts[candidates], minlength=number)
        middles = np.cumsum(counts) - counts + counts // 2
        medians = np.full(number, BELOW, np.int32)
        medians[counts > 0] = keys[middles[counts > 0]] & 0xFFFFFFFF
        threshold = medians[parts]
        undecided = threshold != BELOW
        return self.only(undecided), threshold[undecided]

    def only(self, chosen: Bools) -> "_Open":
        """Some of the pixels, none of them tied to the others."""
        if chosen.all():
            return self
        return _Open(
            places=self.places[chosen],
            ranks=self.ranks[chosen],
            least=self.least[chosen],
            most=self.most[chosen],
            pull=self.pull[chosen],
            pairs=_renumbered(chosen, self.pairs[:, chosen[self.pairs[0]]]),
        )

    def above(self, threshold: Ints, fidelity: Fraction) -> Bools:
        """Whether u reaches the threshold of each pixel."""
        weight, gain = fidelity.denominator, fidelity.numerator
        above = self.least >= threshold
        free = ~above & (self.most >= threshold)
        tie = free[self.pairs]
        pull = self.pull + np.where(self.ranks >= threshold, gain, -gain).astype(np.int32)
        for end in (0, 1):
            rim = self.pairs[:, tie[end] & ~tie[1 - end]]
            np.add.at(pull, rim[end], np.where(above[rim[1 - end]], weight, -weight))
        pairs = _renumbered(free, self.pairs[:, tie[0] & tie[1]])
        above[free] = _largest_cut(pull[free], pairs, weight)
        return above

    def split(self, threshold: Ints, above: Bools, weight: int) -> "_Open":
        """What remains to be known: `above` in a part of its own, with higher thresholds."""
        ranks = self.ranks.copy()
        ranks[above & (ranks <= threshold)] = BELOW
        ranks[~above & (ranks >= threshold)] = ABOVE
        apart = above[self.pairs[0]] != above[self.pairs[1]]
        pull = self.pull.copy()
        for end in (0, 1):
            ends, others = self.pairs[end, apart], self.pairs[1 - end, apart]
            np.add.at(pull, ends, np.where(above[others], weight, -weight))
        pairs = self.pairs[:, ~apart]
        return replace(self, ranks=ranks, pull=pull, pairs=pairs)


def certain(ranks: Ints, fidelity: Fraction) -> tuple[Ints, Ints]:
    """Between what u lies: the picture opened and closed by the smallest certain rectangles."""
    least, most = np.zeros_like(ranks), np.full_like(ranks, ranks.max())
    for size in rectangles(fidelity):
        if size[0] <= ranks.shape[0] and size[1] <= ranks.shape[1]:
            opened = ndimage.grey_opening(ranks, size, mode="constant", cval=-1)
            closed = ndimage.grey_closing(ranks, size, mode="constant", cval=ranks.max() + 1)
            np.maximum(least, opened, out=least)
            np.minimum(most, closed, out=most)
    return least, most


def rectangles(fidelity: Fraction) -> Iterator[tuple[int, int]]:
    """The smallest rectangles that never vanish: lambda a b > 2 (a + b).

    Example:
        >>> list(rectangles(Fraction(4, 5)))
        [(3, 16), (16, 3), (4, 7), (7, 4), (5, 6), (6, 5)]
    """
    short = math.floor(2 / fidelity) + 1
    while (long := math.floor(2 * short / (fidelity * short - 2)) + 1) >= short:
        yield from {(short, long): None, (long, short): None}
        short += 1


def _largest_cut(pull: Ints, pairs: Ints, weight: int) -> Bools:
    """The largest set of the least outline less the sum of `pull` inside.

    Connected parts are cut in bundles: a flow takes longer than its share when many are joined.
    """
    number, parts = _parts(len(pull), pairs)
    sizes = np.bincount(parts, minlength=number)
    bundle = ((np.cumsum(sizes) - sizes) // BUNDLE)[parts]
    nodes = np.argsort(bundle, kind="stable")
    pairs = pairs[:, np.argsort(bundle[pairs[0]], kind="stable")]
    starts = np.flatnonzero(np.diff(bundle[nodes], prepend=-1))
    numbers = np.empty(len(pull), np.int32)
    above = np.empty(len(pull), np.bool_)
    cuts = np.searchsorted(bundle[pairs[0]], bundle[nodes[starts[1:]]])
    for chosen, ties in zip(
        np.split(nodes, starts[1:]), np.split(pairs, cuts, axis=1), strict=True
    ):
        numbers[chosen] = np.arange(len(chosen))
        above[chosen] = _largest_cut_at_once(pull[chosen], numbers[ties], weight)
    return above


def _largest_cut_at_once(pull: Ints, pairs: Ints, weight: int) -> Bools:
    nodes = len(pull)
    below, above = np.flatnonzero(pull < 0), np.flatnonzero(pull > 0)
    rows = np.concatenate([*pairs, np.full(len(below), nodes), above])
    columns = np.concatenate([*pairs[::-1], below, np.full(len(above), nodes + 1)])
    ties = np.full(pairs.size, weight)
    capacities = np.concatenate([ties, -pull[below], pull[above]]).astype(np.int32)
    graph = csr_array((capacities, (rows, columns)), shape=(nodes + 2, nodes + 2))
    left = graph - maximum_flow(graph, nodes, nodes + 1).flow
    left.data[left.data < 0] = 0
    left.eliminate_zeros()
    # What the source of those below still reaches lies below; all else may lie above.
    reached = breadth_first_order(left, nodes, return_predecessors=False)
    result = np.ones(nodes + 2, np.bool_)
    result[reached] = False
    return result[:nodes]


def _parts(nodes: int, pairs: Ints) -> tuple[int, Ints]:
    """How many connected parts there are, and in which each node is."""
    ones = np.ones(pairs.shape[1], np.int8)
    graph = csr_array((ones, (pairs[0], pairs[1])), shape=(nodes, nodes))
    number, parts = connected_components(graph, directed=False)
    return number, parts


def _renumbered(chosen: Bools, pairs: Ints) -> Ints:
    numbers = np.cumsum(chosen, dtype=np.int32) - 1
    return numbers[pairs]
