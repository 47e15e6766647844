"""Means and shares with their 95 % intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np

DRAWS: Final = 4000
"""Bootstrap samples."""

NORMAL: Final = 1.959964
"""Standard deviations that hold 95 % of a normal distribution on both sides."""


@final
@dataclass(frozen=True)
class Interval:
    """A number with its 95 % interval.

    Args:
        middle: The number.
        low: Lower end.
        high: Upper end.
        count: How many values it comes from.
    """

    middle: float
    low: float
    high: float
    count: int

    def text(self, digits: int) -> str:
        """As people read it.

        Args:
            digits: Digits after the point.
        """
        middle, low, high = (f"{v:.{digits}f}" for v in (self.middle, self.low, self.high))
        return f"{middle} [{low}, {high}]"


def mean(values: Sequence[float]) -> Interval:
    """The mean of values, each of another image, by the percentile bootstrap over the images.

    Args:
        values: At least one, finite.
    """
    array = np.array(values, dtype=np.float64)
    drawn = np.random.default_rng(0).integers(len(array), size=(DRAWS, len(array)))
    low, high = np.quantile(array[drawn].mean(axis=1), [0.025, 0.975])
    return Interval(float(array.mean()), float(low), float(high), len(array))


def share(hits: int, count: int) -> Interval:
    """A share of images, with Wilson's score interval.

        (p + z^2 / 2n -+ z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)

    where p is the share of n images and z the normal quantile of 97.5 %.

    Args:
        hits: How many images, in [0, count].
        count: Of how many, at least 1.

    Example:
        >>> share(10, 10).text(3)
        '1.000 [0.722, 1.000]'

    References:
        Wilson, "Probable inference, the law of succession, and statistical inference", JASA
        22(158), 1927.
    """
    p, spread = hits / count, NORMAL**2 / count
    centre = p + spread / 2
    reach = math.sqrt(spread * (p * (1 - p) + spread / 4))
    low, high = ((centre + sign * reach) / (1 + spread) for sign in (-1, 1))
    return Interval(p, max(low, 0.0), min(high, 1.0), count)
