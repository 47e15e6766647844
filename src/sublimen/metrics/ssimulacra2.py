"""SSIMULACRA 2: structure, ringing and blur at six scales of a perceptual colour space."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final, TypeAlias, final

import torch
from torch import Tensor

from sublimen.checks import check_pair
from sublimen.imaging.colour import linear
from sublimen.imaging.recursive_gaussian import recursive, smooth
from sublimen.imaging.roots import power
from sublimen.metrics.ms_ssim import halved
from sublimen.types import Images, PerImage

Blur: TypeAlias = Callable[[Tensor, float], Tensor]
"""A mean in the window of a standard deviation around each pixel."""

MINIMUM: Final = 8
"""Least height and width of a picture from which the next scale is made."""

SIGMA: Final = 1.5
"""Standard deviation of the window in pixels."""

C2: Final = 0.0009
"""Constant that keeps the quotient of the variances finite."""

KNEE: Final = 1e-30
"""Mean fourth power below which the 4-norm is straight, and weighted error below which the score
is."""

OPSIN: Final = (
    (0.30, 0.622, 0.078),
    (0.23, 0.692, 0.078),
    (0.24342268924547819, 0.20476744424496821, 0.5518098665095536),
)
"""Shares of linear R, G and B in the three cone responses of the XYB space."""

BIAS: Final = 0.0037930732552754493
"""Added to each cone response before the cube root."""

WEIGHTS: Final = {
    "structure": (
        (
            (0.0, 0.0, 0.0, 0.0007989109436015163, 0.0007289346991508072, 0.0004550992113792063),
            (
                0.0,
                1.1041726426657346,
                1.8422455520539298,
                1.8787594979546387,
                0.00014003424285435884,
                0.0013648766163243398,
            ),
        ),
        (
            (0.0, 0.0006235601634041466, 225.20515300849274, 176.39317598450694, 0.0, 0.0),
            (
                7.466890328078848,
                6.683678146179332,
                19.213238186143016,
                24.43300999870476,
                34.77906344483772,
                0.0,
            ),
        ),
        (
            (0.0, 0.0, 0.0, 0.0020827005846636437, 95.1080498811086, 0.0),
            (
                0.0,
                0.00016533814161379112,
                0.0004179171803251336,
                8.826982764996862,
                0.0012286405048278493,
                0.0005130064588990679,
            ),
        ),
    ),
    "ringing": (
        (
            (
                0.0007376606707406586,
                0.0004371155730107379,
                0.0016406437456599754,
                0.000176816438078653,
                0.9677937080626833,
                0.0,
            ),
            (
                0.0007793481682867309,
                0.00066284834129271,
                11.441172603757666,
                10.94906990605142,
                0.9981766977854967,
                0.0,
            ),
        ),
        (
            (0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
            (
                0.0,
                0.00037724407979611296,
                0.0011401524586618361,
                0.28520802612117757,
                44.835625328877896,
                0.0,
            ),
        ),
        (
            (0.0008680556573291698, 0.0005313191874358747, 0.0, 0.0, 0.9863978034400682, 0.0),
            (0.0, 0.0, 0.0017290828234722833, 23.19243343998926, 171.2667255897307, 0.0),
        ),
    ),
    "blur": (
        (
            (0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
            (0.0, 0.00015231632783718752, 0.0, 0.0, 0.00031949755934435053, 0.0),
        ),
        (
            (0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
            (
                17.445833984131262,
                1.027889937768264,
                0.001237755635509985,
                0.0004485436923833408,
                0.0,
                0.0,
            ),
        ),
        (
            (0.0, 0.0, 0.0, 0.0, 0.9834382792465353, 0.0),
            (0.0, 0.0, 0.0, 0.0, 0.9807858872435379, 0.00010854057858411537),
        ),
    ),
}
"""Weights of the three error maps: for X, Y and B - Y the means at six scales, then the 4-norms."""

SCALES: Final = 6
"""Sizes at which the images are compared: 1:1 to 1:32."""


def ssimulacra2(reference: Images, distorted: Images) -> PerImage:
    """SSIMULACRA 2 of each pair.

        e = sum w |norm of an error map|       over 3 maps x 3 channels x 6 scales x 2 norms
        s = 0.9562 e;  t = 2.3268 s - 0.02088 s^2 + 0.0000625 s^3
        SSIMULACRA 2 = 100 - 10 t^0.6276

    Equal images give 100; 90 is hardly seen in a flicker test, 70 is seen side by side. Higher is
    better and there is no lower bound. A scale for which the picture is too small is left out,
    and the weights of the others keep their places; the reference program, when it runs out of
    scales below 113 pixels, gives each channel the weights of another.

    Raises:
        ImageError: If the batches break the pixel convention, differ in shape, or are smaller
            than 8 pixels.

    References:
        Sneyers, SSIMULACRA 2, version 2.1 (2023), github.com/cloudinary/ssimulacra2.
    """
    check_pair(reference, distorted, minimum_size=MINIMUM)
    return score(Side.of(reference, recursive), distorted)


@final
@dataclass(frozen=True)
class Scale:
    """What one size of a picture brings to the comparison.

    Args:
        edges: How far each pixel is from the mean in the window around it.
        picture: The channels whose structure counts at this size.
        mean: Their mean in the window.
        variance: Their variance there.
    """

    edges: Tensor
    picture: Tensor
    mean: Tensor
    variance: Tensor


@final
@dataclass(frozen=True)
class Side:
    """One half of a comparison, which can be computed once and used often."""

    scales: tuple[Scale, ...]
    blur: Blur

    @classmethod
    def of(cls, images: Images, blur: Blur = smooth) -> "Side":
        """Everything that the score needs of one batch.

        Args:
            images: The originals.
            blur: `recursive` for the program's own scores; `smooth` is faster, without the
                program's rounding.
        """
        scales = (_scale(xyb, place, blur)[0] for place, xyb in enumerate(_pictures(images)))
        return cls(tuple(scales), blur)


def score(reference: Side, distorted: Images) -> PerImage:
    """The score of each image against a half that is known already."""
    error = torch.zeros(len(distorted), dtype=distorted.dtype, device=distorted.device)
    pairs = zip(reference.scales, _pictures(distorted), strict=True)
    for place, (one, picture) in enumerate(pairs):
        other, product = _scale(picture, place, reference.blur, one.picture)
        for name, errors in _errors(one, other, product).items():
            channels = _structured(place) if name == "structure" else [0, 1, 2]
            weights = errors.new_tensor(WEIGHTS[name])[channels, :, place]
            error = error + (_norms(errors) * weights).sum(dim=(1, 2))
    s = 0.9562382616834844 * error
    t = 2.326765642916932 * s - 0.020884521182843837 * s**2 + 6.248496625763138e-05 * s**3
    return 100 - 10 * power(t.clamp(min=0), 0.6276336467831387, knee=KNEE)


def _pictures(images: Images) -> Iterator[Tensor]:
    """The images in XYB at all scales for which they are large enough, reduced as light."""
    light = linear(images.expand(-1, 3, -1, -1))
    yield xyb(light)
    for _ in range(SCALES - 1):
        if min(light.shape[2:]) < MINIMUM:
            return
        light = halved(light)
        yield xyb(light)


@cache
def _structured(place: int) -> list[int]:
    """The channels whose structure has a weight at a scale; at 1:1 that is Y alone."""
    weights = torch.tensor(WEIGHTS["structure"])[:, :, place]
    return weights.any(dim=1).nonzero().flatten().tolist()


def _scale(
    picture: Tensor, place: int, blur: Blur, other: Tensor | None = None
) -> tuple[Scale, Tensor]:
    """One scale, and the mean product with another picture (or else with itself)."""
    edges = (picture - smooth(picture, SIGMA)).abs()
    channels = picture[:, _structured(place)]
    powers = [channels, channels.square()] + ([] if other is None else [channels * other])
    means = blur(torch.cat(powers, dim=1), SIGMA).chunk(len(powers), dim=1)
    return Scale(edges, channels, means[0], means[1] - means[0].square()), means[-1]


def _errors(one: Scale, other: Scale, product: Tensor) -> dict[str, Tensor]:
    """Maps of lost structure, of edges that are new, and of edges that are gone."""
    covariance = product - one.mean * other.mean
    luminance = 1 - (one.mean - other.mean).square()
    structure = 1 - luminance * (2 * covariance + C2) / (one.variance + other.variance + C2)
    change = (1 + other.edges) / (1 + one.edges) - 1
    return {
        "structure": structure.clamp(min=0),
        "ringing": change.clamp(min=0),
        "blur": (-change).clamp(min=0),
    }


def _norms(errors: Tensor) -> Tensor:
    """Batch x channel x (mean, 4-norm)."""
    fourth = errors.square().square().mean(dim=(2, 3))
    return torch.stack([errors.mean(dim=(2, 3)), power(fourth, 0.25, knee=KNEE)], dim=2)


def xyb(light: Tensor) -> Tensor:
    """Linear R, G, B as X, Y and B - Y, shifted and scaled into [0, 1].

    Example:
        >>> white = xyb(torch.ones(1, 3, 1, 1, dtype=torch.float64))
        >>> [round(v, 4) for v in white.flatten().tolist()]
        [0.42, 0.8553, 0.55]
    """
    shares = light.new_tensor(OPSIN)
    cones = torch.einsum("ic,bchw->bihw", shares, light) + BIAS
    red, green, blue = (cones ** (1 / 3) - BIAS ** (1 / 3)).unbind(dim=1)
    x, y = (red - green) / 2, (red + green) / 2
    return torch.stack([14 * x + 0.42, y + 0.01, blue - y + 0.55], dim=1)
