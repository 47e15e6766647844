"""Zhang, Lin and Xue 2005: how far each DCT coefficient may move, as released or as printed."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, reduce
from operator import add
from typing import ClassVar, Final, Literal, final

import torch
from torch import Tensor
from typing_extensions import override

from sublimen.checks import check_images
from sublimen.imaging.dct import SIDE, dct_of_blocks, side_by_side
from sublimen.jnd.base import JndModel, Whole
from sublimen.types import LEVELS, Images, Plane

PIXEL: Final = 0.0298
"""Visual angle of a pixel in degrees, seen from a distance of some 1920 pixels."""

DISPLAY: Final = 65.0
"""L: luminance of the screen in cd/m2, half of the range from black to white."""

BANDS: Final = (
    "-LLMMMMH",
    "LLMHHHHH",
    "LMMHHHHH",
    "MHHMHHHH",
    "MHHHHHHH",
    "MHHHHHHH",
    "MHHHHHHH",
    "HHHHHHHH",
)
"""Low, medium and high frequencies of a block, 5, 12 and 46 of them; the mean belongs to none."""

PLAIN: Final = 125
"""TexE up to which a block is plain, in levels."""

TEXTURED: Final = 290
"""mu2: TexE up to which a block that is no edge is plain, in levels."""

BUSY: Final = 900
"""TexE above which less is needed to be an edge, in levels."""

STRONGEST: Final = 1800
"""TexE at which masking by texture is 1 + delta, in levels; it goes on rising beyond."""

STRONG_EDGE: Final = 400
"""L + M above which an edge masks by 1.25 and not 1.125, in levels."""

MASKING: Final = 0.36
"""Exponent of masking by the coefficient itself."""


@dataclass(frozen=True, kw_only=True)
class Constants:
    """What differs between the printed model and the released one.

    Args:
        scale: Factor of all thresholds.
        texture: delta, gain of masking by texture.
        edge: Least ratios, of the larger and the smaller one, of a block that is an edge; the
            third is enough as E1 alone.
        busy_edge: The same for blocks with a TexE above `BUSY`.
        mean: Whether the mean of a block is masked as other coefficients are.
    """

    scale: float
    texture: float
    edge: tuple[float, float, float]
    busy_edge: tuple[float, float, float]
    mean: bool


CONSTANTS: Final = {
    "code": Constants(
        scale=0.3, texture=1.5, edge=(6.9, 4.8, 16), busy_edge=(1.6, 1, 2), mean=False
    ),
    "paper": Constants(scale=1, texture=1.25, edge=(7, 5, 16), busy_edge=(0.7, 0.5, 16), mean=True),
}
"""Constants of each variant."""


@final
@dataclass(frozen=True, kw_only=True)
class ZhangDct(JndModel):
    """Thresholds of the 64 DCT coefficients of each block of 8 x 8 pixels.

        t    = 0.3 tb ae,    tb = T al
        T    = 256 T' / (130 phi_i phi_j)
        lg T' = lg(s Tmin / (r + (1 - r) cos2 theta)) + K (lg f - lg fp)^2
        al   = 2 (1 - C00 / 1024)^3 + 1 if C00 <= 1024, else 0.8 (C00 / 1024 - 1)^2 + 1
        ae   = xi on low and medium frequencies of edges, else xi max(1, |C / tb|^0.36)
        xi   = 1 on plain blocks, 1.125 or 1.25 on edges,
               1 + 1.5 (TexE - 290) / (1800 - 290) on texture

    where f is the frequency of a coefficient in cycles per degree, theta its direction and C its
    value, all in 8-bit levels of luma. L, M and H are sums of |C| over low, medium and high
    frequencies, TexE = M + H. A block is plain up to a TexE of 125; above, with a and b the larger
    and the smaller one of

        E1 = (L / 5 + M / 12) / (H / 46),    E2 = (L / 5) / (M / 12)

    it is an edge if a >= 6.9 and b >= 4.8, or if E1 >= 16; for a TexE above 900 if a >= 1.6 and
    b >= 1, or if E1 >= 2. Otherwise it is plain up to a TexE of 290, and texture above. The mean
    C00 has ae = 1, and the least threshold of its neighbours in frequency as T.

    The variant `paper` has no factor 0.3, a gain of 1.25 for texture, a >= 7 and b >= 5 for edges
    and a tenth of both where TexE is above 900; C00 is masked by itself as the others are.

    The map has one value per block, its root mean square change when each coefficient moves by its
    threshold: sqrt(sum t^2 / 64). The transform is orthonormal, so a change of every pixel by this
    value has the energy of those changes. The spread over frequencies is lost: `coefficients` has
    it.

    Args:
        padding: What completes blocks at the lower and the right rim: the mirrored picture, or
            zeros. Sizes that are multiples of 8 need neither.
        variant: `code`, the released program, or `paper`, the printed constants.

    References:
        Zhang, Lin, Xue, "Improved estimation for just-noticeable visual distortion", Signal
        Processing 85(4), 2005, eqs. (1)-(17), as released by the authors' group; a pixel has
        0.0298 degrees there, and here in both variants. The classes of blocks follow Tong,
        Venetsanopoulos, "A perceptual model for JPEG applications based on block classification,
        texture masking, and luminance masking", ICIP 1998. The map of pixels is ours: the paper
        has thresholds of coefficients only.
    """

    name: ClassVar[str] = "zhang-dct"
    halo: ClassVar[int] = SIDE - 1
    grid: ClassVar[int] = SIDE
    variants: ClassVar[tuple[str, ...]] = ("code", "paper")

    variant: Literal["code", "paper"] = "code"

    @override
    def threshold(self, images: Images, whole: Whole) -> Plane:
        per_block = _sum(self._thresholds(images).square()).sqrt() * (self._scale / SIDE)
        return side_by_side(per_block.expand(SIDE, SIDE, -1, -1, -1), *images.shape[2:])

    def coefficients(self, images: Images) -> Plane:
        """How far each DCT coefficient may move, in the unit of the images.

        The threshold of vertical frequency i and horizontal frequency j of a block lies where its
        pixel in row i and column j does.

        Args:
            images: Originals. Thresholds that would lie outside of them are left out.

        Raises:
            ImageError: If the images break the pixel convention or are too small.
        """
        check_images(images, minimum_size=self.minimum_size)
        return side_by_side(self._thresholds(images) * self._scale, *images.shape[2:])

    def _thresholds(self, images: Images) -> Tensor:
        """Before they are scaled, in levels: 8 x 8 x batch x rows x columns of blocks."""
        values = dct_of_blocks(self.luma_levels(images), self.padding)
        base = values.new_tensor(base_thresholds()).view(SIDE, SIDE, 1, 1, 1)
        adapted = base * luminance_adaptation(values[0, 0])
        return adapted * elevation(values, adapted, CONSTANTS[self.variant])

    @property
    def _scale(self) -> float:
        return CONSTANTS[self.variant].scale / LEVELS


@cache
def base_thresholds() -> tuple[float, ...]:
    """T at mid-grey without masking, row by row, in levels."""
    table = [[_base_threshold(i, j) for j in range(SIDE)] for i in range(SIDE)]
    table[0][0] = min(table[0][1], table[1][0])
    return tuple(value for row in table for value in row)


def _base_threshold(i: int, j: int) -> float:
    if i == j == 0:
        return math.inf
    frequency = math.hypot(i, j) / (2 * SIDE * PIXEL)
    # theta is the angle whose sine this is.
    sine = 2 * i * j / (i**2 + j**2)
    least = DISPLAY / 94.7
    preferred = 6.78 * (DISPLAY / 300) ** 0.182
    steepness = 3.125 * (DISPLAY / 300) ** 0.0706
    oblique = 0.25 * least / (0.6 + (1 - 0.6) * (1 - sine**2))
    contrast = oblique * 10 ** (steepness * math.log10(frequency / preferred) ** 2)
    norm = math.prod(math.sqrt(1 / SIDE) if k == 0 else 0.5 for k in (i, j))
    levels: float = 256 * contrast / (2 * DISPLAY * norm)
    return levels


def luminance_adaptation(mean: Tensor) -> Tensor:
    """al, from the coefficient of the mean: 3 in black, 1 at mid-grey, 1.8 in white.

    Example:
        >>> luminance_adaptation(torch.tensor([0.0, 1024.0, 2048.0])).tolist()
        [3.0, 1.0, 1.7999999523162842]
    """
    off = mean / 1024 - 1
    return torch.where(off <= 0, -2 * off * off * off, 0.8 * off * off) + 1


def elevation(values: Tensor, adapted: Tensor, constants: Constants) -> Tensor:
    """How much masking lifts each coefficient (ae), from its value and tb in levels."""
    sizes = values.abs()
    low, medium, high = (reduce(add, _band(sizes, letter)) for letter in "LMH")
    texture = medium + high
    edge = is_edge(low.detach(), medium.detach(), high.detach(), constants)
    by_texture = 1 + constants.texture * (texture - TEXTURED) / (STRONGEST - TEXTURED)
    by_edge = 1.125 + 0.125 * (low + medium > STRONG_EDGE).to(values)
    # Plain blocks end where texture begins: 1 is the larger one for all of them.
    by_block = torch.where(edge, by_edge, by_texture.clamp(min=1))
    # Powers of what is at least 1, in half the time of the operator.
    exponents = (sizes / adapted).clamp(min=1).log2().mul_(MASKING)
    elsewhere = 1 - edge.to(sizes)
    for exponent in (*_band(exponents, "L"), *_band(exponents, "M")):
        exponent.mul_(elsewhere)
    lifted = exponents.exp2() * by_block
    if not constants.mean:
        lifted[0, 0] = 1
    return lifted


def is_edge(low: Tensor, medium: Tensor, high: Tensor, constants: Constants) -> Tensor:
    """Whether blocks are edges, from the sums of their bands in levels."""
    first = (low / 5 + medium / 12, high / 46)
    second = (low / 5, medium / 12)
    texture = medium + high
    few, many = (
        _reaches(first, second, limits) for limits in (constants.edge, constants.busy_edge)
    )
    return (texture > PLAIN) & torch.where(texture > BUSY, many, few)


def _reaches(
    first: tuple[Tensor, Tensor], second: tuple[Tensor, Tensor], limits: tuple[float, float, float]
) -> Tensor:
    """Whether the ratios E1 and E2 reach the limits, without dividing by what may be nothing."""
    larger, smaller, alone = limits

    def at_least(ratio: tuple[Tensor, Tensor], limit: float) -> Tensor:
        return ratio[0] >= limit * ratio[1]

    one_way = at_least(first, larger) & at_least(second, smaller)
    other_way = at_least(first, smaller) & at_least(second, larger)
    return one_way | other_way | at_least(first, alone)


def _band(values: Tensor, letter: str) -> Iterable[Tensor]:
    for i, row in enumerate(BANDS):
        for j, band in enumerate(row):
            if band == letter:
                yield values[i, j]


def _sum(blocks: Tensor) -> Tensor:
    """Over the 64 places of a block, in an order that does not depend on the picture's size."""
    for axis in (0, 0, 0, 1, 1, 1):
        blocks = torch.add(*blocks.chunk(2, dim=axis))
    return blocks[0, 0]
