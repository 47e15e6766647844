"""Chou and Li 1995."""

from dataclasses import dataclass
from typing import ClassVar, final

import torch
from typing_extensions import override

from sublimen.jnd.base import JndModel, Whole
from sublimen.jnd.luminance import background, luminance_adaptation, strongest_gradient
from sublimen.types import LEVELS, Images, Plane


@final
@dataclass(frozen=True, kw_only=True)
class ChouLi(JndModel):
    """The larger of texture masking and luminance adaptation.

        JND = max(f1, f2)                                                                (1)
        f1  = mg alpha(bg) + beta(bg)                                                    (2)
        f2  = LA(bg)                                                                     (3)
        alpha(bg) = 0.0001 bg + 0.115,    beta(bg) = 1/2 - 0.01 bg                    (4), (5)

    where bg is the mean luminance and mg the strongest slope around a pixel, all in 8-bit levels
    of luma. Thresholds were measured at a viewing distance of six picture heights.

    Args:
        padding: What lies beyond the rim: the mirrored picture, or zeros as in the authors'
            MATLAB.

    References:
        Chou, Li, "A perceptually tuned subband image coder based on the measure of
        just-noticeable-distortion profile", IEEE TCSVT 5(6), 1995, eqs. (1)-(10).
    """

    name: ClassVar[str] = "chou-li"
    halo: ClassVar[int] = 2

    @override
    def threshold(self, images: Images, whole: Whole) -> Plane:
        levels = self.luma_levels(images)
        mean = background(levels, self.padding)
        slope = strongest_gradient(levels, self.padding)
        return torch.maximum(texture_masking(mean, slope), luminance_adaptation(mean)) / LEVELS


def texture_masking(mean: Plane, slope: Plane) -> Plane:
    """f1, in levels; below zero on bright flat fields."""
    return slope * (0.0001 * mean + 0.115) + (0.5 - 0.01 * mean)
