"""JND maps in the unit of the meter of visibility."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Final, Literal, final

import torch
from scipy.optimize import brentq
from torch import Tensor
from typing_extensions import override

from sublimen.checks import positive
from sublimen.imaging.resampling import View, shown
from sublimen.imaging.signs import random_signs
from sublimen.jnd.base import JndModel, Whole
from sublimen.jnd.tiles import in_tiles
from sublimen.types import Images, JndMap, PerImage
from sublimen.visibility.answer import every_meter
from sublimen.visibility.calibration import calibration
from sublimen.visibility.comparison import Comparison
from sublimen.visibility.displays import DISPLAYS
from sublimen.visibility.views import places

WIDEST: Final = 16
"""A map is doubled or halved at most this many times."""

CLOSE: Final = 0.01
"""How close the factor comes, in doublings."""

LEAST: Final = 1e-6
"""JND that stand for none."""

SCREEN: Final = DISPLAYS["standard_fhd"]
"""What the noise is looked at on."""

METERS: Final = tuple(m for m in every_meter(SCREEN).values() if m.role == "optimised")
"""The optimised meters before this screen."""


@final
@dataclass(frozen=True)
class Calibrated(JndModel):
    """A model's map, scaled in each image until noise of its amplitude measures `jnd`.

        factor * map,    with  reading(x, x + s factor map) = jnd,    s one random sign a pixel

    where the reading is that of the worst optimised meter in the worst window at 1:1 (`desk`), of
    the sum held within [0, 1] and not rounded. The same image has the same signs, whatever its
    company. Where even 65536 times the map does not reach `jnd`, as on a map of nothing, that is
    what it is scaled by. The factor counts as a constant for the gradient.

    Args:
        model: Whose map is scaled; its padding holds.
        jnd: Just noticeable differences that the noise measures, above 0.

    References:
        Chou, Li, "A perceptually tuned subband image coder based on the measure of
        just-noticeable-distortion profile", IEEE TCSVT 5(6), 1995, section IV, for noise of random
        sign as the test of a map. The scale is ours; what a reading means is in
        docs/guide/visibility.md.
    """

    name: ClassVar[str] = "calibrated"
    halo: ClassVar[int] = 0
    tiling: ClassVar[Literal["exact", "none"]] = "none"

    model: JndModel
    jnd: float = 1.0

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        positive(jnd=self.jnd)

    @property
    @override
    def takes_edges(self) -> bool:
        return self.model.takes_edges

    @override
    def check_edges(self, edges: Tensor) -> None:
        self.model.check_edges(edges)

    @override
    def edges(self, images: Images) -> Tensor | None:
        return self.model.edges(images)

    @override
    def threshold(self, images: Images, whole: Whole) -> JndMap:
        found = self.unscaled(images, whole)
        return self._factors(images, found.detach()).view(-1, 1, 1, 1) * found

    def unscaled(self, images: Images, whole: Whole) -> JndMap:
        """The model's own map, in strips where no gradient is asked for."""
        if images.requires_grad:
            return self.model(images, edges=whole.edges)
        return in_tiles(self.model, images, edges=whole.edges)

    def factors(self, images: Images) -> PerImage:
        """What each image's map is scaled by.

        Raises:
            ImageError: As for the model itself.
        """
        whole = self.prepare(images, None)
        return self._factors(images, self.unscaled(images, whole).detach())

    def _factors(self, images: Images, jnd: JndMap) -> PerImage:
        pairs = zip(images.detach().chunk(len(images)), jnd.chunk(len(jnd)), strict=True)
        return images.new_tensor([factor(image, own, self.jnd) for image, own in pairs])


def factor(image: Images, jnd: JndMap, wanted: float = 1.0) -> float:
    """What a map must be multiplied by for its noise to measure `wanted` JND.

    Args:
        image: One original.
        jnd: Its map.
        wanted: Just noticeable differences, above 0.
    """
    noise = Noise(image, jnd)

    @cache
    def excess(exponent: float) -> float:
        """Logarithm of the reading over the one that is wanted, nearly a straight line."""
        return math.log2(max(noise.reading(2.0**exponent), LEAST) / wanted)

    sign = -1.0 if excess(0.0) > 0 else 1.0
    near, far = 0.0, sign
    while sign * excess(far) < 0 and abs(far) < WIDEST:
        near, far = far, 2 * far
    if sign * excess(far) < 0:
        return float(2.0**far)
    return float(2.0 ** brentq(excess, near, far, xtol=CLOSE))


def reading(image: Images, jnd: JndMap) -> float:
    """JND of noise with the amplitude of a map, by the worst optimised meter at 1:1.

    Args:
        image: One original.
        jnd: Amplitudes.
    """
    return Noise(image, jnd).reading(1.0)


@final
class Noise:
    """Noise of random sign in one picture, before the optimised meters at 1:1.

    The likeliest windows are chosen once, and what the meters take from the original is computed
    once.
    """

    @torch.no_grad()
    def __init__(self, image: Images, jnd: JndMap) -> None:
        """Choose the windows.

        Args:
            image: The original, a batch of one.
            jnd: Amplitudes.
        """
        self.image = image.detach().float()
        self.noise = random_signs(self.image, torch.Generator().manual_seed(0)) * jnd.float()
        comparison = Comparison(self.image, self.changed(1.0), meters=METERS, display=SCREEN)
        every = places("desk", (), comparison.changed, SCREEN.pixels_per_degree)
        chosen = comparison.chosen(every, "optimised")
        sides = sorted({place.side for place in chosen})
        self.views = [[p.view for p in chosen if p.side == side] for side in sides]
        self.scores = [
            [
                (meter, meter.against(_seen(self.image, views)))
                for meter in METERS
                if side >= meter.minimum_size
            ]
            for side, views in zip(sides, self.views, strict=True)
        ]

    def changed(self, factor: float) -> Images:
        """The picture with so many times the noise, held within [0, 1] and not rounded."""
        return (self.image + factor * self.noise).clamp(0, 1)

    @torch.no_grad()
    def reading(self, factor: float) -> float:
        """JND of so many times the noise, by the worst meter in the worst window."""
        changed = self.changed(factor)
        readings = [0.0]
        for views, scores in zip(self.views, self.scores, strict=True):
            windows = _seen(changed, views)
            for meter, score in scores:
                jnd = calibration().curve(meter.name).jnd(score(windows).double())
                readings.append(jnd.max().item())
        return max(readings)


def _seen(picture: Images, views: Sequence[View]) -> Tensor:
    """Windows of a picture at 1:1."""
    return torch.cat([shown(picture, 1.0, view) for view in views])
