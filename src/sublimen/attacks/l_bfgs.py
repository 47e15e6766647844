"""The box-constrained quasi-Newton attack."""

from dataclasses import dataclass
from typing import ClassVar, TypeAlias, final

import numpy as np
import torch
from numpy.typing import NDArray
from typing_extensions import override

from sublimen.attacks.base import Attack
from sublimen.attacks.bracket import Bracket
from sublimen.attacks.lengths import lengths
from sublimen.attacks.search import Search
from sublimen.checks import at_least, positive
from sublimen.imaging.levels import to_levels
from sublimen.types import Images, Reached

Vector: TypeAlias = NDArray[np.float64]
"""The samples of one image, or their slopes."""


@final
@dataclass(frozen=True, kw_only=True)
class LBfgs(Attack):
    """The minimum of the goal's loss and the change, at the least weight that leads to the goal.

        z(c) = argmin c L(z) + |z - x|_2^2    with z in [0, 1],    by L-BFGS-B from x

    where L is lowered by the adversary and c is the least weight at which z(c) is at the goal: ten
    times as much after each failure until there is one, then bisected. Of all z that were looked
    at on the way, the nearest that is at the goal as an 8-bit image is the result.

    Images are optimised one after the other, each evaluation being a pass for one image.

    Args:
        searches: Weights c that are tried, at least 1.
        steps: Steps of L-BFGS-B for each of them at most, at least 1.
        weight: First weight c, above 0.

    References:
        Szegedy, Zaremba, Sutskever, Bruna, Erhan, Goodfellow, Fergus, "Intriguing properties of
        neural networks", ICLR 2014 (preprint 2013), section 4.1, which weighs |z - x|_2 against
        the loss of a target; the square, and the weight on the loss, are those of other libraries.
    """

    name: ClassVar[str] = "l-bfgs"

    searches: int = 9
    steps: int = 100
    weight: float = 0.01

    def __post_init__(self) -> None:
        at_least(1, searches=self.searches, steps=self.steps)
        positive(weight=self.weight)

    @override
    def perturb(self, search: Search) -> None:
        weights = Bracket.of(search.images.new_full((len(search.images),), self.weight))
        for _ in search.rounds(self.searches):
            reached = torch.zeros_like(search.remaining)
            for row in search.remaining.nonzero().flatten().tolist():
                reached |= self._descend(search, row, weights.trial[row].item())
            weights = weights.after(reached, growth=10)

    def _descend(self, search: Search, row: int, weight: float) -> Reached:
        """Minimise for one image; whether the minimum is at the goal, false for the others."""
        from scipy.optimize import Bounds, minimize

        chosen = torch.zeros_like(search.remaining)
        chosen[row] = True

        def objective(samples: Vector) -> tuple[float, Vector]:
            candidates = _placed(samples, search.images, row)
            distance = lengths(to_levels(candidates) - search.images)
            look = search.look(candidates, distance, chosen=chosen)
            if not search.remaining[row]:
                return 0.0, np.zeros_like(samples)
            change = samples - original
            value = weight * look.value[row].item() + change @ change
            return float(value), weight * _samples(look.gradient[row]) + 2 * change

        original = _samples(search.images[row])
        end = minimize(
            objective,
            original,
            jac=True,
            method="L-BFGS-B",
            bounds=Bounds(0, 1),
            options={"maxiter": self.steps, "maxfun": 2 * self.steps},
        )
        last = _placed(end.x, search.images, row)
        return search.offer(last, lengths(to_levels(last) - search.images), chosen)


def _samples(image: torch.Tensor) -> Vector:
    samples: Vector = image.detach().cpu().numpy().astype(np.float64).ravel()
    return samples


def _placed(samples: Vector, images: Images, row: int) -> Images:
    """The batch with the samples of one image in their place."""
    candidates = images.clone()
    candidates[row] = torch.from_numpy(samples).to(images).view_as(images[row]).clamp(0, 1)
    return candidates
