"""FLIP: the difference that is seen when two pictures are toggled."""

import math
from dataclasses import dataclass
from functools import cache
from typing import Final, final

import torch
from torch import Tensor

from sublimen.checks import check_pair
from sublimen.errors import SettingError
from sublimen.imaging.cielab import lab, mixed
from sublimen.imaging.colour import linear
from sublimen.imaging.roots import power
from sublimen.imaging.separable import correlate, gaussian
from sublimen.types import Images, PerImage, Plane

PPD: Final = 37.84
"""Pixels per degree of a 24 inch screen of 1920 x 1080 pixels at 0.6 m."""

TO_XYZ: Final = (
    (10135552 / 24577794, 8788810 / 24577794, 4435075 / 24577794),
    (2613072 / 12288897, 8788810 / 12288897, 887015 / 12288897),
    (1425312 / 73733382, 8788810 / 73733382, 70074185 / 73733382),
)
"""Linear sRGB to XYZ as FLIP has it; its white is the sum of each row."""

WHITE: Final = (sum(TO_XYZ[0]), sum(TO_XYZ[1]), sum(TO_XYZ[2]))

SENSITIVITY: Final = (((1.0, 0.0047),), ((1.0, 0.0053),), ((34.1, 0.04), (13.5, 0.025)))
"""Contrast sensitivity of the achromatic, red-green and blue-yellow channels: amplitude a and
width b of Gaussians a sqrt(pi / b) exp(-pi^2 x^2 / b), x in degrees."""

COLOUR_POWER: Final = 0.7
KNOT: Final = (0.4, 0.95)
"""Share of the largest colour difference that is mapped to 0.95 of the range."""

FEATURE_WIDTH: Final = 0.082
"""Width of the edges and points that are looked for, in degrees."""

SQUARE_KNEE: Final = 1e-12
COLOUR_KNEE: Final = 1e-6
FEATURE_KNEE: Final = 1e-7
"""Arguments below which a root is straight, so that its slope stays finite."""


def flip(reference: Images, distorted: Images, *, pixels_per_degree: float = PPD) -> PerImage:
    """FLIP of each pair: the mean of its map.

    Equal images give 0 and the largest difference 1. Lower is better.

    Args:
        reference: Originals.
        distorted: Changed images.
        pixels_per_degree: How many pixels of the display are seen under one degree.

    Raises:
        ImageError: If the batches break the pixel convention or differ in shape.
        SettingError: If `pixels_per_degree` is not above 0 or the pictures are too dense for it.

    References:
        Andersson, Nilsson, Akenine-Moeller, Oskarsson, Astrom, Fairchild, "FLIP: a difference
        evaluator for alternating images", HPG 2020; constants of flip-evaluator 1.7.
    """
    check_pair(reference, distorted)
    return score(Side.of(reference, pixels_per_degree), distorted)


@final
@dataclass(frozen=True)
class Side:
    """One half of a comparison, which can be computed once and used often.

    Args:
        colour: CIELAB after the eye's filter, with Hunt's correction.
        edges: Strength of the edges.
        points: Strength of the points.
        pixels_per_degree: Of the display.
    """

    colour: Tensor
    edges: Plane
    points: Plane
    pixels_per_degree: float

    @classmethod
    def of(cls, images: Images, pixels_per_degree: float) -> "Side":
        """Everything that the map needs of one batch."""
        if not 1 <= pixels_per_degree < math.inf:
            raise SettingError(f"pixels_per_degree must be at least 1, got {pixels_per_degree}")
        seen = opponent(images)
        filtered = torch.cat([_seen(seen[:, k : k + 1], k, pixels_per_degree) for k in range(3)], 1)
        light = mixed(_tristimulus(filtered), _inverse())
        colour = hunt(lab(mixed(light.clamp(0, 1), TO_XYZ), WHITE))
        lightness = (seen[:, :1] + 16) / 116
        edge, point = _profiles(pixels_per_degree)
        smooth = gaussian(*_extent(pixels_per_degree))
        return cls(
            colour,
            _strength(lightness, edge, smooth),
            _strength(lightness, point, smooth),
            pixels_per_degree,
        )


def score(reference: Side, distorted: Images) -> PerImage:
    """FLIP of each image against a half that is known already."""
    return difference(reference, distorted).flatten(1).mean(dim=1)


def difference(reference: Side, distorted: Images) -> Plane:
    """The FLIP map in [0, 1].

    dE = dE_colour ^ (1 - dE_feature)
    """
    other = Side.of(distorted, reference.pixels_per_degree)
    edges = (reference.edges - other.edges).abs()
    points = (reference.points - other.points).abs()
    feature = power(torch.maximum(edges, points) / math.sqrt(2), 0.5, knee=FEATURE_KNEE)
    colour = _redistributed(_hyab(reference.colour, other.colour))
    seen = colour > 0
    return torch.where(seen, torch.where(seen, colour, 1.0) ** (1 - feature.clamp(max=1)), 0.0)


def opponent(images: Images) -> Tensor:
    """YCxCz: Y in [0, 100] like L*, Cx from green to red and Cz from yellow to blue, linear."""
    tristimulus = mixed(linear(images.expand(-1, 3, -1, -1)), TO_XYZ)
    x, y, z = (tristimulus / tristimulus.new_tensor(WHITE).view(1, 3, 1, 1)).unbind(dim=1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=1)


def _tristimulus(seen: Tensor) -> Tensor:
    """The inverse of `opponent`, up to XYZ."""
    lightness, red, blue = seen.unbind(dim=1)
    y = (lightness + 16) / 116
    ratio = torch.stack([y + red / 500, y, y - blue / 200], dim=1)
    return ratio * ratio.new_tensor(WHITE).view(1, 3, 1, 1)


@cache
def _inverse() -> tuple[tuple[float, ...], ...]:
    inverse = torch.linalg.inv(torch.tensor(TO_XYZ, dtype=torch.float64))
    return tuple(tuple(row) for row in inverse.tolist())


def hunt(colour: Tensor) -> Tensor:
    """CIELAB whose colourfulness grows with lightness."""
    lightness, a, b = colour.unbind(dim=1)
    return torch.stack([lightness, 0.01 * lightness * a, 0.01 * lightness * b], dim=1)


def _hyab(one: Tensor, other: Tensor) -> Plane:
    """City-block distance of lightness and Euclidean distance of a and b."""
    lightness, a, b = (one - other).unbind(dim=1)
    distance = lightness.abs() + power(a.square() + b.square(), 0.5, knee=SQUARE_KNEE)
    return distance[:, None]


@cache
def _largest() -> float:
    """The largest colour difference: that of green and blue."""
    primaries = torch.eye(3, dtype=torch.float64)[1:].view(2, 3, 1, 1)
    green, blue = hunt(lab(mixed(primaries, TO_XYZ), WHITE)).chunk(2)
    return float(_hyab(green, blue).item() ** COLOUR_POWER)


def _redistributed(distance: Plane) -> Plane:
    """Colour differences in [0, 1]: most of the range for the small ones."""
    raised = power(distance, COLOUR_POWER, knee=COLOUR_KNEE)
    low, high = KNOT[0] * _largest(), KNOT[1]
    above = high + (raised - low) / (_largest() - low) * (1 - high)
    return torch.where(raised < low, raised * (high / low), above)


def _seen(plane: Plane, channel: int, pixels_per_degree: float) -> Plane:
    """A channel after the eye's contrast sensitivity."""
    kernels = _sensitivity(channel, pixels_per_degree)
    return torch.stack([correlate(plane, k, border="edge") for k in kernels]).sum(dim=0)


@cache
def _sensitivity(channel: int, pixels_per_degree: float) -> tuple[tuple[float, ...], ...]:
    """Separable parts of a channel's kernel, whose sum has sum 1."""
    widest = max(b for gaussians in SENSITIVITY for _, b in gaussians)
    radius = math.ceil(3 * math.sqrt(widest / (2 * math.pi**2)) * pixels_per_degree)
    offsets = torch.arange(-radius, radius + 1, dtype=torch.float64) / pixels_per_degree
    parts = []
    for amplitude, b in SENSITIVITY[channel]:
        profile = torch.exp(-(math.pi**2) * offsets.square() / b)
        parts.append(math.sqrt(amplitude * math.sqrt(math.pi / b)) * profile)
    total = math.sqrt(sum(part.sum().item() ** 2 for part in parts))
    return tuple(tuple((part / total).tolist()) for part in parts)


def _strength(lightness: Plane, profile: tuple[float, ...], smooth: tuple[float, ...]) -> Plane:
    """Length of the vector of a profile's answers across and down."""
    across = correlate(lightness, smooth, profile, border="edge")
    down = correlate(lightness, profile, smooth, border="edge")
    return power(across.square() + down.square(), 0.5, knee=SQUARE_KNEE)


def _extent(pixels_per_degree: float) -> tuple[int, float]:
    """Reach and standard deviation of the Gaussian that features are found with, in pixels."""
    deviation = 0.5 * FEATURE_WIDTH * pixels_per_degree
    return math.ceil(3 * deviation), deviation


@cache
def _profiles(pixels_per_degree: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """First and second derivative of the Gaussian.

    The positive weights of the whole kernel sum to 1 and the negative ones to -1.
    """
    radius, deviation = _extent(pixels_per_degree)
    offsets = torch.arange(-radius, radius + 1, dtype=torch.float64)
    weights = torch.exp(-offsets.square() / (2 * deviation**2))
    edge, point = -offsets * weights, (offsets.square() / deviation**2 - 1) * weights
    return _balanced(edge), _balanced(point)


def _balanced(weights: Tensor) -> tuple[float, ...]:
    above, below = weights.clamp(min=0).sum(), (-weights).clamp(min=0).sum()
    return tuple(torch.where(weights > 0, weights / above, weights / below).tolist())
