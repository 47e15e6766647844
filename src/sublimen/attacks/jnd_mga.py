"""The just noticeable difference of a machine, by gradient descent with regularisers."""

from dataclasses import dataclass
from typing import ClassVar, final

import torch
from typing_extensions import override

from sublimen.attacks.base import Attack
from sublimen.attacks.lengths import unit_maximum
from sublimen.attacks.search import Search
from sublimen.attacks.slopes import slopes_at
from sublimen.checks import at_least, positive
from sublimen.types import Images, PerImage, Rows


@final
@dataclass(frozen=True, kw_only=True)
class JndMga(Attack):
    """Small steps down a cost until the machine notices; `JNDMGA` of the anchors, our settings.

        C(z) = L(z) + c_2 |z - x|_2^2 + c_tv TV(z) + c_br BR(z)
        TV(z) = sum |z_{i+1,j} - z_{i,j}| + |z_{i,j+1} - z_{i,j}|
        BR(z) = sum relu(z - 1)^2 + relu(-z)^2
        z_0 = x,    z_{k+1} = z_k - a grad C(z_k) / max |grad C(z_k)|

    where L is lowered by the adversary and taken at z clipped to [0, 1], which is all that a
    recogniser takes; the first z that is at the goal as an 8-bit image is the
    result. The JND is that of the machine: nothing here is a model of what people notice.

    Args:
        magnitude: Weight c_2 of the change, at least 0.
        variation: Weight c_tv of the total variation, at least 0.
        bounds: Weight c_br of what lies outside [0, 1], at least 0; z is not clipped.
        steps: Number of steps at most, at least 1.
        step_size: Length a of the largest change of a sample in a step, in the unit of the
            images, above 0.

    References:
        Akan and others, "Just noticeable difference for machines to generate adversarial images",
        preprint 2020. The terms are the paper's; weights, norms, steps and the scale of a
        step were not to be found and are ours.
    """

    name: ClassVar[str] = "jnd-mga"

    magnitude: float = 1e-3
    variation: float = 1e-4
    bounds: float = 10.0
    steps: int = 1000
    step_size: float = 0.25 / 255

    def __post_init__(self) -> None:
        at_least(0, magnitude=self.magnitude, variation=self.variation, bounds=self.bounds)
        at_least(1, steps=self.steps)
        positive(step_size=self.step_size)

    @override
    def perturb(self, search: Search) -> None:
        images = adversarial = search.images
        rows = torch.arange(len(images), device=images.device)

        def penalty(candidates: Images, _: Rows) -> PerImage:
            return self.penalty(candidates, images)

        for _ in search.rounds(self.steps):
            slopes = search.gradient(adversarial.clamp(0, 1))
            gradient = unit_maximum(slopes + slopes_at(penalty, adversarial, rows))
            adversarial = adversarial - self.step_size * gradient
        search.finish(adversarial.clamp(0, 1))

    def penalty(self, candidates: Images, images: Images) -> PerImage:
        """What is added to the goal's loss: C - L."""
        changed = (candidates - images).square().flatten(1).sum(dim=1)
        outside = (candidates - candidates.clamp(0, 1)).square().flatten(1).sum(dim=1)
        return (
            self.magnitude * changed
            + self.variation * total_variation(candidates)
            + self.bounds * outside
        )


def total_variation(images: Images) -> PerImage:
    """Sum of the magnitudes of the differences between neighbours, down and across."""
    down = images.diff(dim=2).abs().flatten(1).sum(dim=1)
    across = images.diff(dim=3).abs().flatten(1).sum(dim=1)
    return down + across
