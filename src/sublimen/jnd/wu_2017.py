"""Wu et al. 2017: pattern complexity, as the authors' program computes it or as it is printed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import ClassVar, Final, Literal, final

import torch
from torch import Tensor
from torch.nn.functional import pad
from typing_extensions import override

from sublimen.imaging.edges import STRIP, canny
from sublimen.imaging.filters import Padding, even, odd, smooth
from sublimen.imaging.morphology import dilate_square
from sublimen.jnd.base import JndModel, Whole
from sublimen.jnd.luminance import (
    LEAST,
    background,
    gradients,
    lifted_adaptation,
    luminance_adaptation,
)
from sublimen.jnd.namm import overlap
from sublimen.types import LEVELS, Images, Mask, Plane

BINS: Final = 16
"""Orientations are counted in bins of 12 degrees, 0 to 15; pixels without one count as bin 16."""

SLOPE: Final = 5
"""Least slope of a pixel that has an orientation, in levels over two pixels."""

GRAIN: Final = 1024
"""Steps of a level that slopes are told apart by where bins depend on rounding."""

TINY: Final = 1e-12
"""Least contrast in levels that is raised to a power: at nothing a root has an infinite slope."""


@final
@dataclass(frozen=True, kw_only=True)
class Wu2017(JndModel):
    """Luminance adaptation, contrast masking and masking by the complexity of patterns.

        JND    = LA + VM - 0.3 min(LA, VM)
        LA     = 0.7 LA_ChouLi(b),    b = round(32 + 95 bg / 127) if bg <= 127, else bg
        VM     = max(LC, PM EP)
        LC     = 1.84 Lc^2.4 / (Lc^2 + 26^2),    Lc local standard deviation in 5 x 5 pixels
        PM     = Lc 0.3 Pc^2.7 / (Pc^2 + 1)
        Pc     = number of different orientations in 3 x 3 pixels, smoothed
        EP     = 1 off edges, 0 on edges, smoothed

    in 8-bit levels of luma, with bg rounded down. The variant `paper` is what is printed:

        JND    = LA + MS - 0.3 min(LA, MS),    MS = max(MP, MC)                    (14), (15)
        LA     = 17 (1 - sqrt(bg / 127)) if bg < 127, else 3 (bg - 127) / 128 + 3       (13)
        MP     = log2(1 + Cl) 0.8 Cp^2.7 / (Cp^2 + 0.1^2)                           (4)-(7)
        MC     = 0.115 16 Cl^2.4 / (Cl^2 + 26^2),    Cl slope of Prewitt's kernels    (8)-(10)
        Cp     = number of different orientations in 3 x 3 pixels, in 15 bins of 12 degrees

    without edges, smoothing or a least slope; its threshold falls to nothing just below mid-grey,
    where the program has 3 levels.

    Orientation bins and edges are counted, so the map depends on the picture in steps. Slopes that
    tie with the threshold are decided exactly for pictures on the 8-bit lattice. Instead of edges,
    which are true or false, EP itself may be given as numbers.

    Args:
        padding: What lies beyond the rim: the mirrored picture, or zeros as in the authors'
            MATLAB.
        variant: `code`, the released program, or `paper`, the printed equations.

    References:
        Wu, Li, Dong, Shi, Lin, Kuo, "Enhanced just noticeable difference model for images with
        pattern complexity", IEEE TIP 26(6), 2017. The released program's constants and contrast
        measure differ from eqs. (1)-(15) of the paper.
    """

    name: ClassVar[str] = "wu-2017"
    halo: ClassVar[int] = 5
    variants: ClassVar[tuple[str, ...]] = ("code", "paper")

    variant: Literal["code", "paper"] = "code"

    @property
    @override
    def takes_edges(self) -> bool:
        return self.variant == "code"

    @override
    @torch.no_grad()
    def edges(self, images: Images) -> Mask | None:
        if self.variant == "paper":
            return None
        levels = self.luma_levels(images)
        return canny(levels, edge_threshold(levels))

    @override
    def threshold(self, images: Images, whole: Whole) -> Plane:
        levels = self.luma_levels(images)
        if self.variant == "paper":
            return as_printed(levels, self.padding) / LEVELS
        edges = canny(levels, edge_threshold(levels)) if whole.edges is None else whole.edges
        protection = protection_of(edges, self.padding, images)
        contrast = local_contrast(levels)
        pattern = pattern_masking(contrast, pattern_complexity(levels, self.padding))
        masking = torch.maximum(contrast_masking(contrast), pattern * protection)
        return overlap(adaptation(levels, self.padding), masking) / LEVELS


def adaptation(levels: Plane, padding: Padding) -> Plane:
    """LA: 0.7 of luminance adaptation with dark backgrounds lifted to 32, in levels."""
    return 0.7 * lifted_adaptation(levels, padding)


def local_contrast(levels: Plane) -> Plane:
    """Lc: standard deviation in 5 x 5 pixels, in levels; 0 within two pixels of the rim."""
    # Less is lost to rounding near the middle of the range.
    centred = levels - 128
    mean, square = _mean(centred), _mean(centred.square())
    variance = square.sub_(mean.square_())
    return pad(variance.clamp(min=TINY**2).sqrt(), (2, 2, 2, 2))


def _mean(plane: Tensor) -> Tensor:
    return even(even(plane, 2, (1, 1, 1)), 3, (1, 1, 1)).div_(25)


def contrast_masking(contrast: Plane) -> Plane:
    """LC, in levels."""
    return 1.84 * _power(contrast, 2.4) / (contrast.square() + 26**2)


def pattern_masking(contrast: Plane, complexity: Plane) -> Plane:
    """PM, in levels."""
    return contrast * (0.3 * _power(complexity, 2.7) / (complexity.square() + 1))


def _power(values: Plane, exponent: float) -> Plane:
    """Powers of what is not negative, in half the time of the operator."""
    return (values.clamp(min=TINY).log() * exponent).exp()


@torch.no_grad()
def pattern_complexity(levels: Plane, padding: Padding) -> Plane:
    """Pc: how many orientations meet around a pixel; 1 at the rim and where there is none."""
    # MATLAB pads by repeating the rim once.
    across, down = _prewitt(pad(levels, (1, 1, 1, 1), mode="replicate"))
    bins = _orientation_bins(across, down)
    oriented = (bins[:, :, 1:-1, 1:-1] < BINS).int()
    count = 1 + oriented * (_different(bins) - 1)
    return smooth(pad(count, (1, 1, 1, 1), value=1).to(levels), 3, 1.0, padding)


def _prewitt(plane: Tensor) -> tuple[Tensor, Tensor]:
    """Three times Prewitt's slopes along rows and columns, exact for whole levels."""
    return even(odd(plane, 3, (1,)), 2, (1, 1)), even(odd(plane, 2, (1,)), 3, (1, 1))


def _orientation_bins(across: Tensor, down: Tensor) -> Tensor:
    """Bins of 12 degrees from -90 to 90; a direction and its opposite share one."""
    # Slopes of whole levels never point halfway between two degrees: any way to round will do.
    angle = torch.atan2(down, across).rad2deg_().round_()
    # Beyond 90, which itself stays, half a turn is taken off.
    turns = (angle / 90.5).trunc_()
    folded = angle.sub_(turns, alpha=180)
    # Halves are rounded up here, as MATLAB does.
    bins = folded.add_(90 + 6).div_(12).int()
    undirected = across.square().addcmul_(down, down) < (3 * SLOPE) ** 2
    return torch.maximum(bins, BINS * undirected.int())


def _different(bins: Tensor) -> Tensor:
    """Number of different bins in 3 x 3 pixels, without the outermost pixels."""
    seen = 1 << bins
    for axis in (2, 3):
        length = bins.shape[axis] - 2
        behind, centre, ahead = (seen.narrow(axis, start, length) for start in range(3))
        seen = behind | centre | ahead
    # Bits are counted in pairs, in fours, in eights and at last in all.
    seen = seen - ((seen >> 1) & 0x55555555)
    seen = (seen & 0x33333333) + ((seen >> 2) & 0x33333333)
    seen = (seen + (seen >> 4)) & 0x0F0F0F0F
    return (seen + (seen >> 8) + (seen >> 16)) & 0x1F


def as_printed(levels: Plane, padding: Padding) -> Plane:
    """The map of the printed equations, in levels."""
    mean = background(levels, padding)
    # Without the constant, the dark branch is the smaller one from mid-grey on.
    flat = luminance_adaptation(mean) - LEAST * (mean < 127)
    across, down = _prewitt(pad(levels, (1, 1, 1, 1), mode="replicate"))
    slope = (across.square() + down.square()).clamp(min=TINY**2).sqrt() / 3
    bins = _half_turn_bins(levels.detach())
    complexity = _different(pad(bins, (1, 1, 1, 1), mode="replicate").int()).to(levels)
    share = 0.8 * _power(complexity, 2.7) / (complexity.square() + 0.01)
    pattern = (1 + slope).log2() * share
    return overlap(flat, torch.maximum(pattern, contrast_masking(slope)))


def _half_turn_bins(levels: Plane) -> Tensor:
    """Bins of 12 degrees from 0 to below 180.

    A slope without a component along the columns points to 0 or to 180 degrees, the first bin or
    the last. Nothing in the paper decides it; the rounding of thirds, summed row by row in double
    precision, does, as in programs that filter with Prewitt's kernel over three.
    """
    # Whole levels are whole again, whatever the precision they come in.
    plane = (levels.double() * GRAIN).round() / GRAIN
    rim = pad(plane, (1, 1, 1, 1), mode="replicate")
    height, width = plane.shape[2:]

    def total(places: Sequence[tuple[int, int, int]]) -> Tensor:
        parts = (
            rim[:, :, row : row + height, column : column + width] * (sign / 3)
            for row, column, sign in places
        )
        return reduce(torch.add, parts)

    across = total([(row, column, column - 1) for row in range(3) for column in (0, 2)])
    down = total([(row, column, row - 1) for row in (0, 2) for column in range(3)])
    angle = torch.atan2(down, across).rad2deg().remainder(180)
    return (angle / 12).floor().clamp(max=14)


def protection_of(edges: Tensor, padding: Padding, like: Tensor) -> Plane:
    """EP in the dtype of `like`, from an edge map or given as numbers."""
    given = edges.is_floating_point()
    return edges.to(like) if given else edge_protection(edges, padding, like)


def edge_threshold(levels: Plane) -> Tensor:
    """Canny's higher threshold for each image: 60 levels of the strongest slope, 0.8 at most.

    The outermost two pixels do not count.
    """
    largest = [
        slope.abs_().flatten(1).amax(dim=1) / 16
        for start in range(0, levels.shape[2] - 4, STRIP)
        for slope in gradients(levels[:, :, start : start + STRIP + 4])
    ]
    return 60 / torch.stack(largest).amax(dim=0).clamp(min=60 / 0.8)


def edge_protection(edges: Mask, padding: Padding, like: Tensor) -> Plane:
    """EP: 0 on edges widened to 5 x 5 pixels, 1 elsewhere, smoothed; in the dtype of `like`."""
    return smooth((~dilate_square(edges, 5)).to(like), 5, 0.8, padding)
