"""The minimum noticeable difference: a loss of magnitude, structure and slopes."""

from dataclasses import dataclass
from typing import ClassVar, Final, final

import torch
from torch.nn.functional import pad
from typing_extensions import override

from sublimen.attacks.base import Attack
from sublimen.attacks.lengths import unit_maximum
from sublimen.attacks.look import Penalty
from sublimen.attacks.perceptual_loss import PerceptualLoss
from sublimen.attacks.search import Search
from sublimen.checks import at_least, positive
from sublimen.metrics.ssim import RADIUS, similarity
from sublimen.types import Images, PerImage, Rows

SLOPES: Final = PerceptualLoss()
"""Whose Sobel operator is used: slopes per pixel."""


@final
@dataclass(frozen=True, kw_only=True)
class Mnd(Attack):
    """Descends the goal's loss with a loss of what changes; `MND` of the anchors, our settings.

        L = L_adv + b (w_1 mean |z - x| + w_2 (1 - SSIM(z, x)) + w_3 mean |g(z) - g(x)|)
        z_0 = x,    z_{k+1} = clip(z_k - a grad L(z_k) / max |grad L(z_k)|)

    where L_adv is the goal's loss, g holds the horizontal and the vertical Sobel slopes, SSIM is
    the mean over every pixel with the outermost samples repeated beyond the rim, and clip keeps z
    in [0, 1]. The first z that is at the goal as an 8-bit image is the result. The common weight b
    begins at 1; after an attempt that has failed it is halved, and the next begins at x.

    Args:
        magnitude: Weight w_1 of the change, at least 0.
        structure: Weight w_2 of the change of structure, at least 0.
        slopes: Weight w_3 of the change of slopes, at least 0.
        steps: Steps of an attempt at most, at least 1.
        relaxations: How often b is halved at most, at least 0.
        step_size: Length a of the largest change of a sample in a step, in the unit of the
            images, above 0.

    References:
        Sun, Jin, Lin, "Minimum noticeable difference based adversarial privacy preserving image
        generation", arXiv 2206.08638, 2022. The paper names the three terms; their form, the
        weights and their halving, the steps and the loss of the goal, a variant of cross-entropy
        there, were not to be found and are ours.
    """

    name: ClassVar[str] = "mnd"

    magnitude: float = 30.0
    structure: float = 10.0
    slopes: float = 30.0
    steps: int = 200
    relaxations: int = 8
    step_size: float = 1 / 255

    def __post_init__(self) -> None:
        at_least(0, magnitude=self.magnitude, structure=self.structure, slopes=self.slopes)
        at_least(1, steps=self.steps)
        at_least(0, relaxations=self.relaxations)
        positive(step_size=self.step_size)

    @override
    def perturb(self, search: Search) -> None:
        for attempt in range(1 + self.relaxations):
            adversarial = search.images
            penalty = self._weighted(search.images, 0.5**attempt)
            for _ in search.rounds(self.steps):
                gradient = unit_maximum(search.gradient(adversarial, penalty))
                adversarial = (adversarial - self.step_size * gradient).clamp(0, 1)
            search.finish(adversarial)

    def _weighted(self, images: Images, weight: float) -> Penalty:
        def penalty(candidates: Images, rows: Rows) -> PerImage:
            return weight * self.penalty(candidates, images[rows])

        return penalty

    def penalty(self, candidates: Images, images: Images) -> PerImage:
        """What is added to the goal's loss at a common weight b of 1."""
        change = candidates - images
        across, down = SLOPES.sobel(change)
        return (
            self.magnitude * change.abs().flatten(1).mean(dim=1)
            + self.structure * dissimilarity(candidates, images)
            + self.slopes * (across.abs() + down.abs()).flatten(1).mean(dim=1)
        )


def dissimilarity(candidates: Images, images: Images) -> PerImage:
    """1 - SSIM, the mean over every pixel, with the outermost samples repeated beyond the rim."""
    # One image at a time: its sums must not depend on its company.
    pairs = zip(candidates.chunk(len(candidates)), images.chunk(len(images)), strict=True)
    return torch.cat([1 - _similar(*pair) for pair in pairs])


def _similar(candidates: Images, images: Images) -> PerImage:
    wide = [pad(side, (RADIUS,) * 4, mode="replicate") for side in (images, candidates)]
    similar: PerImage = similarity(*wide).flatten(1).mean(dim=1)
    return similar
