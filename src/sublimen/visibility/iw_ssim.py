"""IW-SSIM as a meter that only judges."""

from dataclasses import dataclass
from typing import ClassVar, final

from typing_extensions import override

from sublimen.metrics.iw_ssim import MINIMUM, iw_ssim
from sublimen.types import Images
from sublimen.visibility.base import Meter, Role, Score


@final
@dataclass(frozen=True, kw_only=True)
class IwSsim(Meter):
    """IW-SSIM on luma: 1 for equal images. It sees no colour.

    References:
        Wang, Li, "Information content weighting for perceptual image quality assessment", IEEE
        TIP 2011.
    """

    name: ClassVar[str] = "iw-ssim"
    role: ClassVar[Role] = "unseen"
    minimum_size: ClassVar[int] = MINIMUM
    perfect: ClassVar[float] = 1.0
    version: ClassVar[str] = "Wang and Li 2011"

    @override
    def against(self, reference: Images) -> Score:
        return lambda distorted: iw_ssim(reference, distorted)
