"""Yang et al. 2005."""

from dataclasses import dataclass
from typing import ClassVar, Final, Literal, final

import torch
from torch import Tensor
from typing_extensions import override

from sublimen.imaging.colour import YCBCR, ycbcr
from sublimen.imaging.edges import canny
from sublimen.imaging.filters import smooth
from sublimen.imaging.morphology import dilate_square
from sublimen.jnd.base import JndModel, Whole
from sublimen.jnd.chou_li import texture_masking
from sublimen.jnd.luminance import background, luminance_adaptation, strongest_gradient
from sublimen.jnd.namm import overlap
from sublimen.types import LEVELS, Images, JndMap, Mask, Plane

TEXTURE: Final = (0.117, 0.65, 0.45)
"""beta: texture masking per level of slope, in Y, Cb and Cr."""

OVERLAP: Final = (0.3, 0.25, 0.2)
"""C: overlap of the two maskings, in Y, Cb and Cr."""

EDGE_THRESHOLD: Final = 0.5
"""Canny's higher threshold as a share of the strongest slope."""

NEUTRAL: Final = 128
"""Where 8-bit YCbCr stores a colour difference of zero, in levels."""

ON_EDGES: Final = 0.1
"""Weight of texture masking on edges, where a change shows."""

ON_WIDE_EDGES: Final = 0.05
"""The same in the release of NTU, where edges are 11 pixels wide."""


@final
@dataclass(frozen=True, kw_only=True)
class Yang(JndModel):
    """Luminance adaptation and texture masking that overlap, for luma and colour differences.

        JND_th = T_l + T_t,th - C_th min(T_l, T_t,th),    th in {Y, Cb, Cr}              (2)
        T_l    = LA(bg_Y)                                                                (3)
        T_t,th = beta_th mg_th W                                                         (5)

    where mg is the strongest slope of a plane, W = 0.1 on edges of luma and 1 elsewhere, smoothed
    by a Gaussian of 7 x 7 and sigma 0.8, all in 8-bit levels. beta = 0.117, 0.65, 0.45 and
    C = 0.3, 0.25, 0.2 for Y, Cb, Cr.

    The variant `ntu` is the release of the authors' group, which differs for luma: edges are
    widened to 11 x 11 pixels and weigh 0.05, and texture masking is Chou and Li's line,

        T_t = alpha(bg) mg W + beta(bg)

    which falls below zero on bright flat fields; nothing is cut off there. Its chroma, which the
    release does not have, is that of the paper with the wider edges.

    A colour image gets a box on R, G and B: the largest t for which |dY|, |dCb| and |dCr| stay
    inside their thresholds when that channel alone moves by t.

    Args:
        padding: What lies beyond the rim: the mirrored picture, or zeros as in the authors'
            MATLAB.
        variant: `paper`, the printed equations, or `ntu`, the released program.

    References:
        Yang, Ling, Lu, Ong, Yao, "Just noticeable distortion model and its applications in video
        coding", Signal Processing: Image Communication 20(7), 2005, eqs. (1)-(9), without the
        temporal part. The matrix to YCbCr is not stated there: ITU-R BT.601 in full range, not
        rounded; zeros beyond the rim lie 128 levels below a colour difference of zero, as it is
        stored. The box on R, G and B is ours.
    """

    name: ClassVar[str] = "yang"
    halo: ClassVar[int] = 8
    variants: ClassVar[tuple[str, ...]] = ("paper", "ntu")

    variant: Literal["paper", "ntu"] = "paper"

    @override
    @torch.no_grad()
    def edges(self, images: Images) -> Mask:
        return canny(self.luma_levels(images), EDGE_THRESHOLD)

    @override
    def threshold(self, images: Images, whole: Whole) -> JndMap:
        edges = self.edges(images) if whole.edges is None else whole.edges
        weight = self.edge_weight(edges.to(images))
        if images.shape[1] == 1:
            levels = self.luma_levels(images)
            return self._plane(levels, self._adaptation(levels), weight, 0) / LEVELS
        return box_on_rgb(self.planes(images, weight)) / LEVELS

    def planes(self, images: Images, weight: Plane) -> Tensor:
        """Thresholds of Y, Cb and Cr of colour images, in levels, for the weight W."""
        luma, blue, red = (ycbcr(images) * LEVELS).chunk(3, dim=1)
        if self.padding == "zeros":
            blue, red = blue + NEUTRAL, red + NEUTRAL
        adaptation = self._adaptation(luma)
        planes = [
            self._plane(plane, adaptation, weight, k) for k, plane in enumerate((luma, blue, red))
        ]
        return torch.cat(planes, dim=1)

    def edge_weight(self, edges: Plane) -> Plane:
        """W, from an edge map of zeros and ones."""
        if self.variant == "ntu":
            wide = dilate_square(edges > 0, 11).to(edges)
            return smooth(1 - (1 - ON_WIDE_EDGES) * wide, 7, 0.8, self.padding)
        return smooth(1 - (1 - ON_EDGES) * edges, 7, 0.8, self.padding)

    def _adaptation(self, levels: Plane) -> Plane:
        return luminance_adaptation(background(levels, self.padding))

    def _plane(self, levels: Plane, adaptation: Plane, weight: Plane, k: int) -> Plane:
        slope = strongest_gradient(levels, self.padding) * weight
        if k == 0 and self.variant == "ntu":
            texture = texture_masking(background(levels, self.padding), slope)
        else:
            texture = TEXTURE[k] * slope
        return overlap(adaptation, texture, OVERLAP[k])


def box_on_rgb(planes: Tensor) -> Tensor:
    """The box on R, G and B inside thresholds on Y, Cb and Cr, in the same unit."""
    weights = planes.new_tensor(YCBCR).abs()
    channels = [
        (planes / weights[:, k].view(1, 3, 1, 1)).amin(dim=1, keepdim=True) for k in range(3)
    ]
    return torch.cat(channels, dim=1)
