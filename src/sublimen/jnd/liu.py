"""Liu et al. 2010: structure and texture hide changes apart from each other."""

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Final, Literal, final

import torch
from typing_extensions import override

from sublimen.imaging.tv_l1 import tv_l1
from sublimen.jnd.base import JndModel, Whole
from sublimen.jnd.chou_li import texture_masking
from sublimen.jnd.luminance import background, luminance_adaptation, strongest_gradient
from sublimen.jnd.namm import overlap
from sublimen.types import LEVELS, Images, Plane

FIDELITY: Final = Fraction(4, 5)
"""lambda: weight of the distance to the picture against the length of outlines, per pixel."""

TEXTURE: Final = 0.117
"""beta: masking per level of slope, in luma; as in Yang et al."""

WEIGHTS: Final = (1.0, 3.0)
"""W_e and W_t: of masking by edges and by texture."""

RELEASED_WEIGHTS: Final = (0.7, 1.4)
"""The same in the released program."""

MOST: Final = 10.0
"""Largest masking of one kind before it is weighed in the released program, in levels."""


@final
@dataclass(frozen=True, kw_only=True)
class Liu(JndModel):
    """Luminance adaptation and masking by edges and texture, which are told apart.

        JND  = LA(bg) + CM - 0.3 min(LA(bg), CM)
        CM   = EM_u + TM_v
        EM_u = mg(u) beta W_e,    TM_v = mg(v) beta W_t
        u    = argmin  sum |u_i - u_j| + lambda sum |I_i - u_i|,    v = I - u

    where the structure u is the picture I without what is small, v the texture that is left, mg
    the strongest slope and bg the mean luminance around a pixel, all in 8-bit levels of luma.
    beta = 0.117, W_e = 1, W_t = 3, lambda = 0.8, i and j are pixels that share a side. A change
    hides well in texture and badly at an edge, of which people have an idea.

    The variant `code` is the released program, whose maskings are cut-off lines of Chou and Li:

        EM_u = 0.7 M(mg(u)),    TM_v = 1.4 M(mg(v))
        M(s) = min(max(s alpha(bg) + beta(bg), 0), 10)

    u is exact. Where several pictures have the least energy, the largest is taken. It depends on
    the whole picture: `edges` finds it, in levels, and it may be handed in instead of edges. The
    gradient takes it as given: v follows the picture and u does not.

    Args:
        padding: What lies beyond the rim: the mirrored picture, or zeros as in the authors'
            MATLAB.
        variant: `paper`, the printed equations, or `code`, the released program.

    References:
        Liu, Lin, Paul, Deng, Zhang, "Just noticeable difference for images with decomposition
        model for separating edge and textured regions", IEEE TCSVT 20(11), 2010.
        Luminance adaptation is that of the mean around a pixel, as in Yang et al., to whom the
        paper refers, not that of the pixel itself, as it prints.
    """

    name: ClassVar[str] = "liu"
    halo: ClassVar[int] = 2
    most_edge: ClassVar[float] = LEVELS
    variants: ClassVar[tuple[str, ...]] = ("paper", "code")

    variant: Literal["paper", "code"] = "paper"

    @override
    @torch.no_grad()
    def edges(self, images: Images) -> Plane:
        return tv_l1(self.luma_levels(images), FIDELITY)

    @override
    def threshold(self, images: Images, whole: Whole) -> Plane:
        given = self.edges(images) if whole.edges is None else whole.edges
        levels, structure = self.luma_levels(images), given.to(images)
        mean = background(levels, self.padding)
        slopes = (
            strongest_gradient(part, self.padding) for part in (structure, levels - structure)
        )
        edge, texture = (self.masking(mean, slope) for slope in slopes)
        weights = WEIGHTS if self.variant == "paper" else RELEASED_WEIGHTS
        total = weights[0] * edge + weights[1] * texture
        return overlap(luminance_adaptation(mean), total) / LEVELS

    def masking(self, mean: Plane, slope: Plane) -> Plane:
        """Masking of one kind before it is weighed, in levels."""
        if self.variant == "paper":
            return TEXTURE * slope
        return texture_masking(mean, slope).clamp(0, MOST)
