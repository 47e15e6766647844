"""FLIP as a meter."""

from dataclasses import dataclass
from typing import ClassVar, final

from typing_extensions import override

from sublimen.metrics.flip import PPD, Side, score
from sublimen.types import Images
from sublimen.visibility.base import Meter, Role, Score


@final
@dataclass(frozen=True, kw_only=True)
class Flip(Meter):
    """The mean of the FLIP map: 0 for equal images.

    Args:
        pixels_per_degree: How many pixels of the display are seen under one degree.

    References:
        Andersson, Nilsson, Akenine-Moeller, Oskarsson, Astrom, Fairchild, "FLIP: a difference
        evaluator for alternating images", HPG 2020.
    """

    name: ClassVar[str] = "flip"
    role: ClassVar[Role] = "optimised"
    minimum_size: ClassVar[int] = 16
    perfect: ClassVar[float] = 0.0
    version: ClassVar[str] = "FLIP 1.7"

    pixels_per_degree: float = PPD

    @override
    def against(self, reference: Images) -> Score:
        side = Side.of(reference, self.pixels_per_degree)
        return lambda distorted: score(side, distorted)
