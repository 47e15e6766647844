"""What a minimal change is minimal in: differentiable distances from an original."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Final, TypeAlias, final

import torch
from typing_extensions import override

from sublimen.attacks.moves import Moves, PixelMoves, SampleMoves
from sublimen.attacks.perceptual_loss import PerceptualLoss
from sublimen.checks import positive
from sublimen.imaging.cielab import lab, xyz
from sublimen.imaging.roots import power
from sublimen.imaging.separable import correlate, gaussian
from sublimen.jnd.base import JndModel
from sublimen.jnd.hvs_sd import HvsSd
from sublimen.metrics.ciede2000 import difference
from sublimen.metrics.ssim import C2, RADIUS, SIGMA, similarity
from sublimen.types import LEVELS, Images, PerImage, PerPixel, Rows
from sublimen.visibility import METERS
from sublimen.visibility.loss import Visible, steering

From: TypeAlias = Callable[[Images, Rows], PerImage]
"""Distance of some candidates from their originals, given their places in the batch."""

KNEE: Final = 1e-12
"""Square below which a root is straight, so that its slope stays finite."""


LEAST_COLOUR: Final = 0.05
"""Least CIEDE2000 that a level counts as: where none is seen, the formula says nothing of many."""


class Distance(ABC):
    """A differentiable distance from an original; 0 at the original, smaller is better.

    Attributes:
        first_step: How far the first step of ALMA goes in this distance.
    """

    first_step: ClassVar[float]

    @abstractmethod
    def to(self, images: Images) -> From:
        """The distance to these originals; what depends on them alone is computed once."""

    def weights(self, images: Images) -> Images:
        """What it costs to move each sample, as the square of the distance: above 0, up to scale.

        A change z - x costs about the sum of w (z - x)^2. Attacks rank moves by it.
        """
        return torch.ones_like(images)

    def moves(self, images: Images) -> Moves:
        """What moves of these originals by whole levels cost."""
        return SampleMoves.of(images, self.weights(images))


@final
@dataclass(frozen=True)
class Euclidean(Distance):
    """|z - x|_2, in the unit of the images."""

    first_step: ClassVar[float] = 0.1

    @override
    def to(self, images: Images) -> From:
        def distance(candidates: Images, rows: Rows) -> PerImage:
            return _length(candidates - images[rows])

        return distance


@final
@dataclass(frozen=True)
class StructuralDissimilarity(Distance):
    """1 - SSIM, with the window of `sublimen.metrics.ssim`."""

    first_step: ClassVar[float] = 1e-4

    @override
    def to(self, images: Images) -> From:
        def distance(candidates: Images, rows: Rows) -> PerImage:
            similar: PerImage = similarity(images[rows], candidates).flatten(1).mean(dim=1)
            return 1 - similar

        return distance

    @override
    def weights(self, images: Images) -> Images:
        window = gaussian(RADIUS, SIGMA)
        mean = correlate(images, window, border="edge")
        variance = correlate(images.square(), window, border="edge") - mean.square()
        return 1 / (2 * variance.clamp(min=0) + C2)


@final
@dataclass(frozen=True)
class ColourDifference(Distance):
    """|dE|_2: Euclidean length of the map of CIEDE2000, as in PerC-AL.

    References:
        Zhao, Liu, Larson, "Towards large yet imperceptible adversarial image perturbations with
        perceptual color distance", CVPR 2020, section 3.
    """

    first_step: ClassVar[float] = 0.03

    @override
    def to(self, images: Images) -> From:
        colours = lab(xyz(images.expand(-1, 3, -1, -1)))

        def distance(candidates: Images, rows: Rows) -> PerImage:
            others = lab(xyz(candidates.expand(-1, 3, -1, -1)))
            return _length(difference(colours[rows], others))

        return distance

    @override
    def weights(self, images: Images) -> Images:
        cost = _levels_seen(images)
        costs = [cost((channel,)) for channel in range(images.shape[1])]
        return torch.stack(costs, dim=1).clamp(min=LEAST_COLOUR**2)

    @override
    def moves(self, images: Images) -> Moves:
        """The channels of a pixel are seen together.

            M_ij = (dE^2(e_i + e_j) - dE^2(e_i) - dE^2(e_j)) / 2,    M_ii = dE^2(e_i)

        where e_i is a level of channel i, away from the nearer end of the range.
        """
        if images.shape[1] == 1:
            return super().moves(images)
        signs, cost = _inwards(images), _levels_seen(images)
        alone = [cost((channel,)) for channel in range(3)]
        metric = torch.diag_embed(torch.stack(alone, dim=-1))
        for one, other in ((0, 1), (0, 2), (1, 2)):
            together = cost((one, other)) - alone[one] - alone[other]
            metric[..., one, other] = together / 2 * signs[:, one] * signs[:, other]
            metric[..., other, one] = metric[..., one, other]
        return PixelMoves.of(images, metric, least=LEAST_COLOUR**2)


@final
@dataclass(frozen=True)
class JndWeighted(Distance):
    """|(z - x) / J|_2 / sqrt(N): the root of the mean square in units of the JND map.

    Args:
        jnd: Model of what people notice, J.
        floor: Least J, in the unit of the images, above 0: where a map says that nothing may
            move, a sample would otherwise cost infinitely much.
    """

    first_step: ClassVar[float] = 0.05

    jnd: JndModel = field(default_factory=HvsSd)
    floor: float = 0.5 / 255

    def __post_init__(self) -> None:
        positive(floor=self.floor)

    @override
    def to(self, images: Images) -> From:
        thresholds = self.jnd(images).clamp(min=self.floor)
        samples = images[0].numel()

        def distance(candidates: Images, rows: Rows) -> PerImage:
            length: PerImage = _length((candidates - images[rows]) / thresholds[rows])
            return length / math.sqrt(samples)

        return distance

    @override
    def weights(self, images: Images) -> Images:
        return 1 / self.jnd(images).clamp(min=self.floor).square()


@final
@dataclass(frozen=True)
class BeyondJnd(Distance):
    """The paper's perceptual loss, and a little of the change itself.

        d = L_per(z, x, J) + tie |255 (z - x)|_2^2 / N
        w = 1 + outside M(n) relu(1 - 255 J)

    where w is what a move by one level costs. Inside the JND box L_per is 0 and has no slope; the
    second term goes on improving there. A level beyond a threshold of less than one is what L_per
    punishes; w keeps such samples for last.

    Args:
        jnd: Model of what people notice, J.
        per: The perceptual loss, with its channel weights M.
        tie: Weight of the second term, above 0.
        outside: Weight of a level beyond the map in w, above 0.

    References:
        Xue, Jin, Sun, Lin, "HVS-inspired adversarial image generation with high perceptual
        quality", Journal of Cloud Computing 12:86, 2023, eqs. (2)-(7); the second term is ours.
    """

    first_step: ClassVar[float] = 1e-4

    jnd: JndModel = field(default_factory=HvsSd)
    per: PerceptualLoss = field(default_factory=PerceptualLoss)
    tie: float = 1e-3
    outside: float = 30.0

    def __post_init__(self) -> None:
        positive(tie=self.tie, outside=self.outside)

    @override
    def to(self, images: Images) -> From:
        thresholds = self.jnd(images)

        def distance(candidates: Images, rows: Rows) -> PerImage:
            change = (candidates - images[rows]) * LEVELS
            inside = change.square().flatten(1).mean(dim=1)
            beyond = self.per(candidates, images[rows], thresholds[rows])
            return beyond + self.tie * inside

        return distance

    @override
    def weights(self, images: Images) -> Images:
        excess = (1 - LEVELS * self.jnd(images)).relu()
        return 1 + self.outside * self.per.weights(images) * excess


@final
@dataclass(frozen=True)
class Seen(Distance):
    """The meter of visibility, in JND: the worst of the meters that may steer.

    The images are taken as windows as they are displayed; see `sublimen.visibility`.
    """

    first_step: ClassVar[float] = 0.05

    @override
    def to(self, images: Images) -> From:
        meters = steering(meter() for meter in METERS.values())
        each = [Visible(images[row : row + 1], meters) for row in range(len(images))]

        def distance(candidates: Images, rows: Rows) -> PerImage:
            readings = [
                each[row].jnd(candidates[place : place + 1]).amax()
                for place, row in enumerate(rows.tolist())
            ]
            return torch.stack(readings)

        return distance

    @override
    def weights(self, images: Images) -> Images:
        return JndWeighted().weights(images)


DISTANCES: Final[dict[str, type[Distance]]] = {
    "beyond-jnd": BeyondJnd,
    "ciede2000": ColourDifference,
    "jnd-weighted": JndWeighted,
    "l2": Euclidean,
    "meter": Seen,
    "ssim": StructuralDissimilarity,
}
"""Every distance by the name that people type."""


def _length(change: Images) -> PerImage:
    """Euclidean length of each change, with a finite slope at 0."""
    return power(change.square().flatten(1).sum(dim=1), 0.5, knee=KNEE)


def _inwards(images: Images) -> Images:
    """1 where a level more, -1 where a level less stays in the range."""
    return torch.where(images < 0.5, 1.0, -1.0).to(images)


def _levels_seen(images: Images) -> Callable[[tuple[int, ...]], PerPixel]:
    """Square of the CIEDE2000 that one level of some channels makes at each pixel."""
    colours, steps = lab(xyz(images.expand(-1, 3, -1, -1))), _inwards(images) / LEVELS

    def cost(channels: tuple[int, ...]) -> PerPixel:
        moved = images.clone()
        for channel in channels:
            moved[:, channel] += steps[:, channel]
        return difference(colours, lab(xyz(moved.expand(-1, 3, -1, -1))))[:, 0].square()

    return cost
