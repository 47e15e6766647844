"""Moves by whole levels: the longest way along a slope that a weighted length allows."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias, final

import torch
from typing_extensions import override

from sublimen.attacks.lengths import lengths, times
from sublimen.types import LEVELS, Images, Metric, PerImage, PerPixel, Reached

HALVINGS: Final = 20
"""Halvings of the logarithm of a scale: to a hundred-thousandth, less than one move in most."""

RANGE: Final = 1e4
"""Largest scale over the one at which the first sample moves."""

ORDER: Final = (2, 0, 1)
"""Channels of a pixel in the order of `Planes`. The last is rounded first: green, which is seen
best, so that blue and red make up for what its rounding leaves."""


Planes: TypeAlias = tuple[PerPixel, PerPixel, PerPixel]
"""A number for each pixel and channel, in the order of `ORDER`."""


@dataclass(frozen=True, eq=False)
class Moves(ABC):
    """Changes of some originals by whole levels.

    Args:
        images: The originals.
    """

    images: Images

    @cached_property
    def base(self) -> Images:
        """The originals in levels."""
        return (self.images * LEVELS).round()

    @abstractmethod
    def length(self, candidates: Images) -> PerImage:
        """What the moves of each candidate cost, as a length."""

    @abstractmethod
    def along(self, slopes: Images, length: PerImage) -> Images:
        """Down the slopes as far as the length allows, by one level somewhere at least."""

    @abstractmethod
    def fall(self, slopes: Images) -> PerImage:
        """How much slopes per level fall along the best change of length 1."""

    def unit(self, slopes: Images) -> tuple[Images, PerImage]:
        """Slopes over how much they fall along the best change of length 1, and that fall.

        Slopes are those in the unit of the images. Zero stays zero.
        """
        largest = slopes.abs().flatten(1).amax(dim=1)
        scaled = times(slopes, 1 / torch.where(largest > 0, largest, 1))
        fall = self.fall(scaled)
        return times(scaled, 1 / torch.where(fall > 0, fall, 1)), fall * largest / LEVELS


@final
@dataclass(frozen=True, eq=False)
class SampleMoves(Moves):
    """Moves that cost something for each sample alone.

        length = sqrt(sum w m^2), m the moves in levels
        fall = sqrt(sum s^2 / w), along s / w

    Args:
        images: The originals.
        weights: What the square of a move by one level costs, above 0; the mean of an image is 1.
    """

    weights: Images

    @staticmethod
    def of(images: Images, weights: Images) -> "SampleMoves":
        """Moves whose costs are known up to a scale for each image."""
        return SampleMoves(images, times(weights, 1 / weights.flatten(1).mean(dim=1)))

    @override
    def length(self, candidates: Images) -> PerImage:
        moves = (candidates * LEVELS).round() - self.base
        return (self.weights * moves.square()).flatten(1).sum(dim=1).sqrt()

    @override
    def fall(self, slopes: Images) -> PerImage:
        return (slopes.square() / self.weights).flatten(1).sum(dim=1).sqrt()

    @override
    def along(self, slopes: Images, length: PerImage) -> Images:
        ratio, roots = slopes.abs() / self.weights, self.weights.sqrt()
        room = torch.where(slopes > 0, self.base, LEVELS - self.base)
        first = 1 / ratio.flatten(1).amax(dim=1).clamp(min=torch.finfo(ratio.dtype).tiny)
        levels = torch.empty_like(ratio)
        low, _ = _bracket(
            first,
            lambda scale: lengths(_levels(ratio, scale, room, levels).mul_(roots)) <= length,
        )
        return (self.base - slopes.sign() * _levels(ratio, low, room, levels)) / LEVELS


def _bracket(first: PerImage, fits: Callable[[PerImage], Reached]) -> tuple[PerImage, PerImage]:
    """The largest scale that fits and the smallest that does not, nearly the same.

    Args:
        first: The scale at which something moves, which counts as one that fits.
        fits: Whether the moves of a scale are short enough.
    """
    low, high = first, first * RANGE
    for _ in range(HALVINGS):
        middle = (low * high).sqrt()
        good = fits(middle)
        low, high = torch.where(good, middle, low), torch.where(good, high, middle)
    return low, high


def _levels(ratio: Images, scale: PerImage, room: Images, out: Images) -> Images:
    """floor((c |v| / w + 1) / 2) for each sample, as far as it has room, in given memory."""
    torch.mul(ratio, (scale / 2).view(-1, 1, 1, 1), out=out).add_(0.5).floor_()
    return torch.minimum(out, room, out=out)


@final
@dataclass(frozen=True, eq=False)
class PixelMoves(Moves):
    """Moves that cost something for the three channels of a pixel together.

        length = sqrt(sum m' M m), m the moves of a pixel in levels
        fall = sqrt(sum s' M^-1 s), along M^-1 s

    A grey that becomes lighter by one level in all channels may cost less than in green alone.
    The move of a pixel is the lattice point near -c M^-1 s / 2 that Babai's nearest plane finds:
    one channel is rounded, and the others go where they are best with it. Where M is diagonal
    that is what `SampleMoves` does.

    Args:
        images: The originals, of three channels.
        factors: R of M = R' R, upper triangular, with channels in the order of `ORDER`: its
            entries 00, 11, 22, 01, 02 and 12; the mean of M's diagonal is 1 for an image.

    References:
        Babai, "On Lovász' lattice reduction and the nearest lattice point problem",
        Combinatorica 6, 1986.
    """

    factors: tuple[PerPixel, ...]

    @staticmethod
    def of(images: Images, metric: Metric, *, least: float) -> "PixelMoves":
        """Moves whose costs are known up to a scale for each image.

        Args:
            images: The originals, of three channels.
            metric: M, symmetric.
            least: Square below which no direction of M may lie, in its unit, above 0.
        """
        values, directions = torch.linalg.eigh(metric.double())
        bounded = (directions * values.clamp(min=least)[..., None, :]) @ directions.mT
        scale = bounded.diagonal(dim1=-2, dim2=-1).flatten(1).mean(dim=1)
        ordered = bounded[..., ORDER, :][..., ORDER] / scale.view(-1, 1, 1, 1, 1)
        upper = torch.linalg.cholesky(ordered).mT.to(images.dtype)
        places = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
        return PixelMoves(images, tuple(upper[..., i, j].contiguous() for i, j in places))

    @override
    def length(self, candidates: Images) -> PerImage:
        return self._length(_planes((candidates * LEVELS).round() - self.base))

    @override
    def fall(self, slopes: Images) -> PerImage:
        return _root_of_sum(self._solved(_planes(slopes)))

    @override
    def along(self, slopes: Images, length: PerImage) -> Images:
        r00, r11, r22, r01, r02, r12 = self.factors
        y0, y1, y2 = self._solved(_planes(slopes))
        # R x = y, so that x = M^-1 s.
        x2 = y2 / r22
        x1 = (y1 - r12 * x2) / r11
        x0 = (y0 - r01 * x1 - r02 * x2) / r00
        way = (-x0 / 2, -x1 / 2, -x2 / 2)
        steepest = torch.stack([part.abs().flatten(1).amax(dim=1) for part in way]).amax(dim=0)
        first = 0.5 / steepest.clamp(min=torch.finfo(slopes.dtype).tiny)
        low, high = _bracket(first, lambda scale: self._length(self._rounded(way, scale)) <= length)
        nothing = (self._length(self._rounded(way, low)) == 0) & (steepest > 0)
        scale = torch.where(nothing, high, low)
        moves = torch.empty_like(slopes)
        for channel, plane in zip(ORDER, self._rounded(way, scale), strict=True):
            moves[:, channel] = plane
        return (self.base + moves) / LEVELS

    def _rounded(self, way: Planes, scale: PerImage) -> Planes:
        """The lattice point near a scale times a way, as far as there is room."""
        r00, r11, _, r01, r02, r12 = self.factors
        u0, u1, u2 = (part * scale.view(-1, 1, 1) for part in way)
        base0, base1, base2 = _planes(self.base)
        m2 = _within(u2.round(), base2)
        left2 = m2 - u2
        m1 = _within((u1 - r12 / r11 * left2).round(), base1)
        left1 = m1 - u1
        m0 = _within((u0 - (r01 * left1 + r02 * left2) / r00).round(), base0)
        return m0, m1, m2

    def _length(self, moves: Planes) -> PerImage:
        r00, r11, r22, r01, r02, r12 = self.factors
        m0, m1, m2 = moves
        return _root_of_sum((r00 * m0 + r01 * m1 + r02 * m2, r11 * m1 + r12 * m2, r22 * m2))

    def _solved(self, slopes: Planes) -> Planes:
        """The y of R' y = s."""
        r00, r11, r22, r01, r02, r12 = self.factors
        s0, s1, s2 = slopes
        y0 = s0 / r00
        y1 = (s1 - r01 * y0) / r11
        return y0, y1, (s2 - r02 * y0 - r12 * y1) / r22


def _planes(samples: Images) -> Planes:
    blue, red, green = (samples[:, channel] for channel in ORDER)
    return blue, red, green


def _within(moves: PerPixel, base: PerPixel) -> PerPixel:
    """Moves that stay in the range of levels."""
    return torch.minimum(torch.maximum(moves, -base), LEVELS - base)


def _root_of_sum(planes: Planes) -> PerImage:
    """Of the squares, over the pixels of each image."""
    first, second, third = planes
    squares = first.square() + second.square() + third.square()
    return squares.flatten(1).sum(dim=1).sqrt()
