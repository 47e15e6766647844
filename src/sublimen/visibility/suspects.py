"""Which of many windows are worth reading: a cheap look at all of them."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import avg_pool2d

from sublimen.imaging.colour import luma, ycbcr
from sublimen.recognisers.face import Box
from sublimen.types import LEVELS, Images
from sublimen.visibility.views import Place

CELL: Final = 8
"""Side of the cells that are looked at, in pixels of the photo and at most of the screen."""

MASKING: Final = 20.0 / LEVELS**2
"""Variance of luma that hides as much as the eye's own noise does: 20 squared levels."""

SLOW: Final = 8.0
"""How much more the mean change of a cell counts than the change inside it."""

Cells: TypeAlias = Float[np.ndarray, "rows columns"]


class Look:
    """How much each part of a photo changed for what it shows.

        q = sum over Y, Cb, Cr of (8 (mean d)^2 + mean d^2) / sqrt(variance of Y + 20)

    in each cell, with d the change. It decides only which windows the meters read, never what they
    read. On Kodak pictures the worst of 8 of 15 windows chosen so is within 2 % of the worst of all
    on average.
    """

    def __init__(self, reference: Images, distorted: Images) -> None:
        """Compare two photos.

        Args:
            reference: The original, a batch of one.
            distorted: The changed photo.
        """
        self.reference, self.distorted = reference, distorted
        changed = (reference != distorted).any(dim=1)[0]
        rows, columns = (changed.any(dim=d).nonzero().flatten().tolist() or [0] for d in (1, 0))
        self.extent = Box(columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
        self.sums = lru_cache(maxsize=None)(self._sums)

    def worst(self, places: Sequence[Place], most: int) -> list[Place]:
        """At most `most` of the windows, those with the largest mean of q.

        Args:
            places: Windows that hold a change.
            most: How many to keep, at least 1.
        """
        if len(places) <= most:
            return list(places)
        values = np.array([self.at(place) for place in places])
        order = np.lexsort((np.arange(len(places)), -values))
        return [places[k] for k in sorted(order[:most])]

    def at(self, place: Place) -> float:
        """Mean of q over a window."""
        cell = max(1, min(CELL, round(CELL / place.scale)))
        sums = self.sums(cell)
        x0, y0, x1, y1 = place.box(*self.reference.shape[2:])
        top, left = y0 // cell, x0 // cell
        bottom, right = -(-y1 // cell), -(-x1 // cell)
        total = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
        return float(total) / ((bottom - top) * (right - left))

    def _sums(self, cell: int) -> Cells:
        """Sums of q from the photo's corner to each cell; q is 0 where nothing changed."""
        height, width = self.reference.shape[2:]
        top, left = self.extent.y0 // cell, self.extent.x0 // cell
        bottom, right = -(-self.extent.y1 // cell), -(-self.extent.x1 // cell)
        part = (..., slice(top * cell, bottom * cell), slice(left * cell, right * cell))
        one = self.reference[part]
        change = self.distorted[part] - one
        light, change = luma(one), change if change.shape[1] == 1 else ycbcr(change)
        variance = (_means(light.square(), cell) - _means(light, cell).square()).clamp(0)
        energy = SLOW * _means(change, cell).square() + _means(change.square(), cell)
        q = np.zeros((-(-height // cell) + 1, -(-width // cell) + 1))
        q[top + 1 : bottom + 1, left + 1 : right + 1] = (
            energy.sum(dim=1)[0] / (variance[0, 0] + MASKING).sqrt()
        )
        sums: Cells = q.cumsum(axis=0).cumsum(axis=1)
        return sums


def _means(planes: Tensor, cell: int) -> Tensor:
    """Means of square cells; those at the far rims are smaller."""
    return avg_pool2d(planes, cell, ceil_mode=True, count_include_pad=False)
