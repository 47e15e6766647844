"""Recognisers so simple that the best attack on them is known, and what tests ask them."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from typing_extensions import override

from sublimen.attacks import ATTACKS, Attack, Goal, Linf
from sublimen.attacks.base import BoundedAttack
from sublimen.attacks.distances import Euclidean
from sublimen.attacks.transformations import Noise
from sublimen.jnd.base import JndModel


class TwoSidedPlane:
    """Two classes on the sides of a plane: logits (s, -s) with s = w . x - offset.

    The best attack inside any box moves each sample to its end, against or along the sign of w.
    """

    def __init__(self, weights: Tensor, offset: float | Tensor = 0.0) -> None:
        self.weights = weights
        self.offset = offset
        self.shown: list[int] = []

    def side(self, images: Tensor) -> Tensor:
        return (images * self.weights).flatten(1).sum(dim=1) - self.offset

    def __call__(self, images: Tensor) -> Tensor:
        self.shown.append(len(images))
        side = self.side(images)
        return torch.stack([side, -side], dim=1)


class Projection:
    """An embedder of two features: each a weighted sum of the samples, so that distances in the
    feature space are known for any change of the image."""

    def __init__(self, weights: Tensor) -> None:
        self.weights = weights

    def __call__(self, images: Tensor) -> Tensor:
        return images.flatten(1) @ self.weights.flatten(1).T


class Lowest(Goal):
    """As low an output as can be; it is never low enough."""

    @override
    def loss(self, output):
        return output[:, 0]

    @override
    def reached(self, output):
        return torch.zeros(len(output), dtype=torch.bool)

    @override
    def at(self, rows):
        return self


class Scripted:
    """An output with another slope in each look, the same for every image; notes what it sees.

    Verdicts are no looks.
    """

    def __init__(self, *slopes: tuple[float, ...]) -> None:
        self._slopes = iter(slopes)
        self.levels: list[list[float]] = []

    def __call__(self, images: Tensor) -> Tensor:
        if not images.requires_grad:
            return images.flatten(1)[:, :1]
        self.levels.append([round(v, 3) for v in (images * 255).flatten().tolist()])
        slope = next(self._slopes, (0.0,) * images[0].numel())
        return images.flatten(1) @ images.new_tensor(slope)[:, None]


@dataclass(frozen=True, kw_only=True)
class Ramp(JndModel):
    """More in the bright: J = floor + slope x."""

    name: ClassVar[str] = "ramp"
    halo: ClassVar[int] = 0
    minimum_size: ClassVar[int] = 1

    floor: float = 3 / 255
    slope: float = 10 / 255

    @override
    def threshold(self, images, whole):
        return self.floor + self.slope * images


def lattice(*shape: int, seed: int = 0) -> Tensor:
    """Images of 8-bit levels in which black and white occur often."""
    drawn = torch.randint(-60, 316, shape, generator=torch.Generator().manual_seed(seed))
    return drawn.clamp(0, 255).to(torch.float32) / 255


def plane_beyond(images: Tensor, distance: float) -> TwoSidedPlane:
    """A plane at that distance, in the Euclidean norm, from the image that is nearest to it."""
    weights = torch.randn(images.shape[1:], generator=torch.Generator().manual_seed(1))
    plane = TwoSidedPlane(weights)
    plane.offset = plane.side(images).min().item() - distance * weights.norm().item()
    return plane


def quick(name: str) -> Attack:
    """An attack of the catalogue that comes to an end soon, with a budget of 6 levels if any."""
    attack = ATTACKS[name]
    if issubclass(attack, BoundedAttack):
        return attack(budget=Linf(6 / 255), **QUICK.get(name, {}))
    return attack(**QUICK.get(name, {}))


QUICK = {
    "adv-drop": {"steps": 40, "coarsest": 40.0},
    "alma": {"steps": 50},
    "ddn": {"steps": 50},
    "fmn": {"steps": 50},
    "di2-fgsm": {"steps": 60, "probability": 0.2},
    "i-jnd-fgsm": {"jnd": Ramp()},
    "jnd-fgsm": {"jnd": Ramp()},
    "jnd-mga": {"steps": 60},
    "carlini-wagner": {"searches": 3, "steps": 20, "step_size": 0.02, "constant": 1.0},
    "jnd-perceptual": {"jnd": Ramp(), "steps": 12, "beta": 2.0, "delta": -1.0},
    "l-bfgs": {"searches": 4, "steps": 8, "weight": 1.0},
    "lattice": {"steps": 20, "patience": 5},
    "m-di2-fgsm": {"probability": 0.2},
    "mnd": {"magnitude": 1.0, "structure": 0.1, "slopes": 1.0, "steps": 30, "relaxations": 2},
    "perc-al": {"steps": 20},
    "ssah": {"learning_rate": 0.02, "steps": 100},
    "sublimen": {
        "budget": Linf(6 / 255),
        "seen": Euclidean(),
        "visibility": 0.3,
        "view": Noise(sigma=0.5 / 255),
        "steps": 30,
    },
}
"""Settings besides the budget with which attacks come to an end soon."""


BOUNDED = [name for name, attack in ATTACKS.items() if issubclass(attack, BoundedAttack)]
