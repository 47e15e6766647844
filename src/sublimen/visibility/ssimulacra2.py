"""SSIMULACRA 2 as a meter."""

from dataclasses import dataclass
from typing import ClassVar, final

from typing_extensions import override

from sublimen.metrics.ssimulacra2 import Side, score
from sublimen.types import Images
from sublimen.visibility.base import Meter, Role, Score


@final
@dataclass(frozen=True, kw_only=True)
class Ssimulacra2(Meter):
    """SSIMULACRA 2: 100 for equal images.

    It has no viewing distance; it was tuned on pictures seen at 1:1 on a desk. Without the
    rounding of the program's own recursion, which costs up to 0.7 above a score of 90.

    References:
        Sneyers, SSIMULACRA 2, version 2.1 (2023), github.com/cloudinary/ssimulacra2.
    """

    name: ClassVar[str] = "ssimulacra2"
    role: ClassVar[Role] = "optimised"
    minimum_size: ClassVar[int] = 256
    perfect: ClassVar[float] = 100.0
    version: ClassVar[str] = "SSIMULACRA 2.1"

    @override
    def against(self, reference: Images) -> Score:
        side = Side.of(reference)
        return lambda distorted: score(side, distorted)
