"""Wu et al. 2013: what an observer cannot predict hides changes, as the authors' program has it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import ClassVar, Final, NamedTuple, final

import torch
from torch import Tensor
from torch.nn.functional import pad
from typing_extensions import override

from sublimen.imaging.edges import canny
from sublimen.imaging.filters import Padding, even, extend, smooth
from sublimen.imaging.morphology import dilate_disk
from sublimen.jnd.base import JndModel, Whole
from sublimen.jnd.chou_li import texture_masking
from sublimen.jnd.luminance import background, lifted_adaptation, strongest_gradient
from sublimen.jnd.namm import overlap
from sublimen.types import LEVELS, Images, Mask, Plane

SEARCH: Final = 10
"""How far away in pixels, along rows and columns, look-alikes of a pixel are searched."""

PATCH: Final = 3
"""Half side in pixels of the squares that are compared."""

PIXELS: Final = (2 * PATCH + 1) ** 2
"""Pixels in such a square."""

REACH: Final = SEARCH + PATCH
"""Pixels around a tile that its prediction depends on."""

LEAST_NOISE: Final = 8
"""Least noise of the eye in levels, where luminance adaptation is lower."""

KNEE: Final = 80
"""Slope in levels over two pixels from which on texture masking grows by its logarithm."""

ORDERLY: Final = 10
"""Local standard deviation in levels below which the unpredicted part is thinned out."""

EDGE_THRESHOLD: Final = 0.7
"""Canny's higher threshold as a share of the strongest slope."""

ON_EDGES: Final = 0.2
"""Weight of the unpredicted part on edges, where a change shows."""

UNDERFLOW: Final = 1075
"""Powers of two from which on a weight is nothing in double precision."""

NEGLIGIBLE: Final = 115
"""Powers of two by which no weight is said to be less than the largest one."""

BROAD: Final = 512
"""Columns that are predicted at a time."""

AT_ONCE: Final = 2**16
"""Pixels that are predicted at a time; half of their 440 distances, which is all, takes 58 MB."""


@final
@dataclass(frozen=True, kw_only=True)
class Wu2013(JndModel):
    """Masking by what is orderly, and by what cannot be predicted from the surroundings.

        JND   = JNDp + JNDd - 0.3 min(JNDp, JNDd)
        JNDp  = LA + CM - 0.3 min(LA, CM)                      of the prediction I'
        JNDd  = EP D,    D = |I - I'|
        LA    = LA_ChouLi(b),    b = round(32 + 95 bg / 127) if bg <= 127, else bg
        CM    = |alpha(bg) 80 log4(1 + mg / 80) + beta(bg)|,    alpha, beta of Chou and Li
        I'(x) = (sum w(d) I(x + d) + max w I(x)) / (sum w(d) + max w),    d up to 10 pixels away
        w(d)  = exp(-mean (I(x + d) - I(x))^2 / s^2)                   over 7 x 7 pixels
        s^2   = s0^2 min(1, s0 / sd),    s0 = max(LA of I, 8)
        EP    = 1 off edges, 0.2 on edges, smoothed

    in 8-bit levels of luma, with bg rounded down and I' rounded; sd is the local standard deviation
    in 7 x 7 pixels. Where it is below 10, D is at most what a Gaussian of 7 x 7 and sigma 7/3
    leaves of it. Where every weight underflows in double precision nothing around looks alike, and
    the prediction is the pixel itself. The paper's factor of 1.125 before JNDd is not in the
    program.

    The prediction, and what follows from it alone, is counted as constant: the gradient is that
    of D. Instead of edges, which are true or false, EP itself may be given as numbers.

    Args:
        padding: What lies beyond the rim: the mirrored picture, or what the authors' MATLAB has:
            zeros, but the picture with its rim doubled for the prediction, and a map of zero on
            the first two and the last three rows and columns.

    References:
        Wu, Shi, Lin, Liu, Qi, "Just noticeable difference estimation for images with
        free-energy principle", IEEE TMM 15(7), 2013. The released program weighs by distances
        of squares, not by mutual information as the paper does.
    """

    name: ClassVar[str] = "wu-2013"
    halo: ClassVar[int] = REACH + PATCH

    @override
    @torch.no_grad()
    def edges(self, images: Images) -> Mask:
        return canny(self.luma_levels(images), EDGE_THRESHOLD)

    @override
    def threshold(self, images: Images, whole: Whole) -> Plane:
        edges = self.edges(images) if whole.edges is None else whole.edges
        levels = self.luma_levels(images)
        spread = local_deviation(levels.detach(), self.padding)
        predicted = prediction(levels.detach(), spread, self.padding)
        rest = unpredicted(levels, predicted, spread, self.padding)
        protection = protection_of(edges, self.padding, levels)
        orderly = overlap(
            lifted_adaptation(predicted, self.padding), masking(predicted, self.padding)
        )
        return self._framed(overlap(orderly, rest * protection)) / LEVELS

    def _framed(self, jnd: Plane) -> Plane:
        """The map without its frame where the program has none."""
        if self.padding == "reflect":
            return jnd
        # Rows are kept from number 3 to 3 before the last, counted from one.
        return pad(jnd[:, :, PATCH - 1 : -PATCH, PATCH - 1 : -PATCH], (PATCH - 1, PATCH) * 2)


def masking(levels: Plane, padding: Padding) -> Plane:
    """CM: masking by texture, in levels."""
    mean = background(levels, padding).floor_()
    slope = strongest_gradient(levels, padding)
    return texture_masking(mean, KNEE / math.log(4) * (slope / KNEE).log1p()).abs()


def local_deviation(levels: Plane, padding: Padding) -> Plane:
    """Standard deviation in 7 x 7 pixels, in levels; in double precision."""
    extended = extend(levels.double(), PATCH, padding)
    total, square = _over_patch(extended), _over_patch(extended.square())
    # Nothing is rounded before the root if levels are whole.
    return square.mul_(PIXELS).sub_(total.square_()).clamp_(min=0).sqrt_().div_(PIXELS)


def _over_patch(plane: Tensor) -> Tensor:
    return even(even(plane, 2, (1, 1, 1, 1)), 3, (1, 1, 1, 1))


def unpredicted(levels: Plane, predicted: Plane, spread: Plane, padding: Padding) -> Plane:
    """D: what the prediction leaves, less where the picture is orderly, in levels."""
    rest = (levels - predicted).abs()
    thinned = torch.minimum(rest, smooth(rest, 7, 7 / 3, padding))
    return torch.where(spread < ORDERLY, thinned, rest)


def protection_of(edges: Tensor, padding: Padding, like: Tensor) -> Plane:
    """EP in the dtype of `like`, from an edge map or given as numbers."""
    if edges.is_floating_point():
        return edges.to(like)
    return smooth(1 - (1 - ON_EDGES) * dilate_disk(edges).to(like), 5, 0.8, padding)


@torch.no_grad()
def prediction(levels: Plane, spread: Plane, padding: Padding) -> Plane:
    """I': the mean of pixels that look alike, rounded to levels."""
    noise = lifted_adaptation(levels, padding).clamp(min=LEAST_NOISE).double()
    variance = noise.square() * (noise / spread).clamp(max=1)
    # Sums of squares of whole levels are exact in single precision, and so are their differences.
    scale = (-1 / math.log(2) / (PIXELS * variance)).float()
    extended = _surroundings(levels, padding).float()
    found = torch.empty_like(variance)
    for index, rows, columns in _parts(*levels[:, 0].shape):
        around = (slice(part.start, part.stop + 2 * REACH) for part in (rows, columns))
        found[index, 0, rows, columns] = _mean_of_likes(
            extended[index, 0][tuple(around)], scale[index, 0, rows, columns]
        )
    # Halves are rounded up here, as MATLAB does.
    return found.add_(0.5).floor_().to(levels)


def _parts(count: int, height: int, width: int) -> Iterator[tuple[int, slice, slice]]:
    rows = max(AT_ONCE // min(width, BROAD), 1)
    for index, top, left in product(range(count), range(0, height, rows), range(0, width, BROAD)):
        yield index, slice(top, top + rows), slice(left, left + BROAD)


def _surroundings(levels: Tensor, padding: Padding) -> Tensor:
    """The plane mirrored about its outermost pixels, or with these doubled, as in MATLAB."""
    if padding == "reflect":
        return extend(levels, REACH, padding)
    for axis in (2, 3):
        ends = levels.narrow(axis, 0, REACH), levels.flip(axis).narrow(axis, 0, REACH)
        levels = torch.cat([ends[0].flip(axis), levels, ends[1]], dim=axis)
    return levels


class _Line(NamedTuple):
    """A plane whose rows follow one another, so that a shift of the plane is a step along a line.

    Args:
        levels: The plane with its surroundings.
        width: Of a row with its surroundings.
        length: From the first pixel to behind the last, surroundings between rows included.
    """

    levels: Tensor
    width: int
    length: int

    def steps(self) -> list[int]:
        """Steps to what lies ahead in the search window; the rest of it is opposite."""
        window = product(range(SEARCH + 1), range(-SEARCH, SEARCH + 1))
        return [down * self.width + across for down, across in window if (down, across) > (0, 0)]

    def at(self, step: int) -> Tensor:
        """What lies `step` behind each pixel, and what lies `step` ahead."""
        first = REACH * (self.width + 1) - step
        return self.levels.as_strided((2, self.length), (2 * step, 1), first)

    def distances(self, step: int) -> Tensor:
        """Sums over 7 x 7 squared differences to what lies `step` behind, and `step` ahead.

        The distance to what lies behind is what lies there has to what is ahead of it.
        """
        margin = PATCH * (self.width + 1)
        start = REACH * (self.width + 1) - margin - step
        behind = self.levels[start:][: self.length + step + 2 * margin]
        ahead = self.levels[start + step :][: len(behind)]
        sums = _sevens(_sevens((ahead - behind).square_(), 1), self.width)
        return sums.as_strided((2, self.length), (step, 1))


def _sevens(values: Tensor, step: int) -> Tensor:
    """Sums of seven values, each a step ahead of the other."""
    twos = values[:-step] + values[step:]
    fours = twos[: -2 * step] + twos[2 * step :]
    return fours[: -3 * step].add_(twos[4 * step : -step]).add_(values[6 * step :])


def _mean_of_likes(extended: Tensor, scale: Tensor) -> Tensor:
    """The prediction of a part, not yet rounded, in double precision.

    Args:
        extended: Levels with their surroundings.
        scale: Exponents of weights to the base of two per sum of squares, below zero.
    """
    height, width = scale.shape
    wide = extended.shape[1]
    line = _Line(extended.reshape(-1), wide, (height - 1) * wide + width)
    scales = pad(scale, (0, 2 * REACH)).view(-1)[: line.length]
    found = _weighted(line, scales)
    return pad(found, (0, 2 * REACH)).view(height, wide)[:, :width]


def _weighted(line: _Line, scales: Tensor) -> Tensor:
    nearest = scales.new_full((2, line.length), math.inf)
    distances = []
    for step in line.steps():
        distances.append((step, line.distances(step)))
        torch.minimum(nearest, distances[-1][1], out=nearest)
    nearest = nearest.amin(dim=0)
    # Weights are relative to that of the nearest, which is also that of the pixel itself.
    line = line._replace(levels=line.levels.double())
    here = line.at(0)[0]
    total, weights = here.new_zeros(2, line.length), here.new_zeros(2, line.length)
    for step, found in distances:
        exponents = (found - nearest).mul_(scales).clamp_(min=-NEGLIGIBLE)
        # Powers of two take a third of the time of those of e. Their last bit may depend on their
        # place in memory; rounded to levels, the prediction does not show it.
        weight = exponents.exp2_().double()
        total.addcmul_(weight, line.at(step))
        weights.add_(weight)
    mean = (total.sum(dim=0) + here) / (weights.sum(dim=0) + 1)
    return torch.where(nearest * scales < -UNDERFLOW, here, mean)
