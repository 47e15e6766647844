"""The perceptual loss of Xue et al.: what lies beyond the JND map, in value and in gradient."""

import functools
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, final

import torch
from torch import Tensor
from torch.nn.functional import pad

from sublimen.checks import positive
from sublimen.errors import SettingError
from sublimen.types import Images, JndMap, PerImage

Arm: TypeAlias = Literal["l1", "l1-ori", "l2", "l2-ori", "l1+l2", "full"]
"""Terms that take part: the paper's ablation arms. The `-ori` arms are plain norms without J."""

TERMS: Final[dict[Arm, tuple[bool, bool, bool]]] = {
    "l1": (True, False, False),
    "l1-ori": (True, False, False),
    "l2": (False, True, False),
    "l2-ori": (False, True, False),
    "l1+l2": (True, True, False),
    "full": (True, True, True),
}
"""Which of L1, L2 and G an arm adds up."""


@final
@dataclass(frozen=True, kw_only=True)
class PerceptualLoss:
    """Distance of an adversarial image from what people do not notice.

        L_per = b (L1 + L2 + G)                                                          (2)
        L1 = sum M(n) relu(|z - x| - J)                                                  (3), (7)
        L2 = sum M(n) relu(|z - x| - J)^2                                                (5), (7)
        G  = sum M(n) relu(|g(z) - g(x)| - |g(J)|), g horizontal and vertical Sobel      (6)

    where the sums run over samples n, M is the weight of a sample's channel and b the common
    weight of the terms that take part. The paper's g(J) is signed as written, which would let a
    threshold be negative; its magnitude is taken here.

    Args:
        arm: Terms that take part.
        channel_weights: M for R, G and B, above 0; a grey image gets their mean. The `-ori` arms
            do without.
        reduction: `mean` divides each sum by the number of samples of an image; `sum` is the
            literal reading of the paper.
        sobel_scale: Factor of the Sobel kernels (1, 2, 1) x (-1, 0, 1); 1/8 gives the slope
            per pixel.

    References:
        Xue, Jin, Sun, Lin, "HVS-inspired adversarial image generation with high perceptual
        quality", Journal of Cloud Computing 12:86, 2023, eqs. (2)-(7). Reduction and Sobel scale
        are not published; see the guide.
    """

    arm: Arm = "full"
    channel_weights: tuple[float, float, float] = (3.0, 5.0, 1.0)
    reduction: Literal["mean", "sum"] = "mean"
    sobel_scale: float = 1 / 8

    def __post_init__(self) -> None:
        if self.arm not in TERMS:
            raise SettingError(f"arm must be one of {', '.join(TERMS)}, got {self.arm!r}")
        if self.reduction not in {"mean", "sum"}:
            raise SettingError(f"reduction must be mean or sum, got {self.reduction!r}")
        for weight in self.channel_weights:
            positive(channel_weights=weight)
        positive(sobel_scale=self.sobel_scale)

    def __call__(self, candidates: Images, images: Images, jnd: JndMap) -> PerImage:
        """The loss of each candidate at a common weight b of 1."""
        deviation, fidelity, gradient = TERMS[self.arm]
        thresholds = torch.zeros_like(jnd) if self.arm.endswith("-ori") else jnd
        perturbation = candidates - images
        excess = (perturbation.abs() - thresholds).relu()
        terms = []
        if deviation:
            terms.append(excess)
        if fidelity:
            terms.append(excess.square())
        if gradient:
            terms.extend(self._gradient(perturbation, thresholds))
        return self._reduce(functools.reduce(torch.add, terms))

    def _gradient(self, perturbation: Images, thresholds: JndMap) -> list[Images]:
        """Terms of eq. (6) for each direction; g is linear, so g(z) - g(x) = g(z - x)."""
        pairs = zip(self.sobel(perturbation), self.sobel(thresholds), strict=True)
        return [(change.abs() - limit.abs()).relu() for change, limit in pairs]

    def sobel(self, images: Images) -> tuple[Images, Images]:
        """Slopes along the rows and along the columns, with the rim repeated outwards.

        Sums of shifted copies: a tenth of the time of a convolution by the same kernels.
        """
        wide = pad(images, (1, 1, 1, 1), mode="replicate")
        across = wide[..., 2:] - wide[..., :-2]
        down = wide[..., 2:, :] - wide[..., :-2, :]
        return (
            self.sobel_scale
            * (across[..., :-2, :] + 2 * across[..., 1:-1, :] + across[..., 2:, :]),
            self.sobel_scale * (down[..., :-2] + 2 * down[..., 1:-1] + down[..., 2:]),
        )

    def _reduce(self, excess: Images) -> PerImage:
        weighted = (excess * self.weights(excess)).flatten(1)
        return weighted.mean(dim=1) if self.reduction == "mean" else weighted.sum(dim=1)

    def weights(self, images: Images) -> Tensor:
        """M of each channel, of a shape that multiplies images."""
        weights = images.new_tensor(self.channel_weights)
        if self.arm.endswith("-ori"):
            weights = torch.ones_like(weights)
        if images.shape[1] == 1:
            weights = weights.mean(dim=0, keepdim=True)
        return weights.view(1, -1, 1, 1)
