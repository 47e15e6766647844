"""Translation invariance: gradients smoothed over the picture."""

from dataclasses import dataclass
from typing import final

import torch
from typing_extensions import override

from sublimen.attacks.view import View
from sublimen.checks import at_least, positive
from sublimen.imaging.separable import correlate, gaussian
from sublimen.types import Images


@final
@dataclass(frozen=True, kw_only=True)
class TranslationInvariance(View):
    """Gradients of the goal's loss convolved with a Gaussian.

        G = W * grad L(z)

    which is about the mean gradient over images that are shifted by up to `radius` pixels and
    weighted by W. The recogniser is shown the images as they are. Beyond the rim there are zeros.

    Args:
        radius: Half width of the kernel in pixels, at least 0; at 0 nothing changes.
        sigma: Standard deviation of the Gaussian in pixels, above 0.

    References:
        Dong, Pang, Su, Zhu, "Evading defenses to transferable adversarial examples by
        translation-invariant attacks", CVPR 2019, eq. (6): a kernel of 15 x 15, sigma 3.
    """

    radius: int = 7
    sigma: float = 3.0

    def __post_init__(self) -> None:
        at_least(0, radius=self.radius)
        positive(sigma=self.sigma)

    @property
    @override
    def transparent(self) -> bool:
        return True

    @override
    def smooth(self, slopes: Images) -> Images:
        # One image at a time: its sums must not depend on its company.
        weights = gaussian(self.radius, self.sigma)
        each = [correlate(image, weights, border="zeros") for image in slopes.chunk(len(slopes))]
        return torch.cat(each)
