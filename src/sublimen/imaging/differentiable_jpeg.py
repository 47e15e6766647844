"""What JPEG makes of a picture, with a slope: the decoded samples are those of Pillow's own."""

from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate, pad
from typing_extensions import override

from sublimen.errors import SettingError
from sublimen.imaging.dct import SIDE
from sublimen.imaging.quantisation import tables
from sublimen.imaging.whole_number_dct import GAIN, coefficients, rounded, samples
from sublimen.types import LEVELS, Count, Images

Subsampling: TypeAlias = Literal[0, 2]
"""Of the colour differences, as Pillow counts: 0 is 4:4:4, 2 is 4:2:0."""

Slope: TypeAlias = Literal["straight-through", "soft", "mixed"]
"""What stands for the slope of the rounding of coefficients."""

SHARES: Final = {"straight-through": 0.0, "soft": 1.0, "mixed": 0.5}
"""How much of the slope is the soft one; the rest is 1."""

MIDDLE: Final = 128
"""Level that is taken off before the transform."""

UNIT: Final = 65536
"""The library's colour weights have 16 binary places."""

FORWARD: Final = ((19595, 38470, 7471), (-11059, -21709, 32768), (32768, -27439, -5329))
"""Y, Cb and Cr as weights of R, G and B in that unit, ITU-R BT.601 in full range."""

BACKWARD: Final = ((65536, 0, 91881), (65536, -22554, -46802), (65536, 116130, 0))
"""R, G and B as weights of Y, Cb and Cr."""

OFFSETS: Final = (0.5 - MIDDLE, 0.5 - 1 / UNIT, 0.5 - 1 / UNIT)
"""What is added before rounding down: Y less 128, and Cb and Cr about 0, halves down."""

NARROW: Final = 2
"""Samples of a row of colour differences up to which the library repeats them to enlarge."""

AWAY: Final = 1 + 2**-20
"""Leads a half away from zero when it is rounded, and nothing else across a half."""


def jpeg_like(
    images: Images,
    qualities: Sequence[int] | Count,
    *,
    subsampling: Subsampling = 2,
    slope: Slope = "mixed",
) -> Images:
    """The pictures after JPEG.

    The samples are those that Pillow reads from the file that it has written, nearly all to the
    bit: colours, halved colour differences, coefficients and samples are rounded as the IJG's
    library does. The pictures are first rounded to 8-bit levels, as they would be for a file. The
    slope of these roundings and of the limits of the range is taken to be that of doing nothing;
    that of the rounding of a coefficient c, in units of its step of quantisation, to r is

        straight-through:  1        soft:  3 (c - r)^2        mixed:  (1 + 3 (c - r)^2) / 2

    where soft is the slope of r + (c - r)^3. It is near 0 for coefficients that JPEG is about to
    drop, and at most 3/4. Straight through, a search spends itself on detail that JPEG drops; soft,
    it has no way to what is dropped now and would stay if it were stronger. Mixed is the default:
    in our trial steps along it led further than straight through at every quality, where soft led
    furthest at qualities 60 and 75 and least far at 90 and without JPEG.

    Args:
        images: 1 or 3 channels.
        qualities: Pillow's quality of each image, 1 to 100.
        subsampling: Of the colour differences: 0 is 4:4:4, 2 is 4:2:0.
        slope: Of the rounding of coefficients.

    Raises:
        SettingError: If a quality is out of range or one is missing.

    References:
        ITU-T T.81 (1992); Shin, Song, "JPEG-resistant adversarial images", NIPS 2017 workshop on
        machine learning and computer security (soft); Athalye, Carlini, Wagner, "Obfuscated
        gradients give a false sense of security", ICML 2018, section 4.1 (straight through).
    """
    steps = tables(_checked(qualities, len(images))).to(images)
    levels = rounded(images * LEVELS, limits=(0, LEVELS))
    if images.shape[1] == 1:
        return rounded(_coded(levels - MIDDLE, steps[:, :1], slope), MIDDLE) / LEVELS
    height, width = images.shape[2:]
    planes = rounded(_recoloured(levels, FORWARD), images.new_tensor(OFFSETS).view(3, 1, 1))
    light = _coded(planes[:, :1], steps[:, :1], slope)
    differences = planes[:, 1:]
    if subsampling == 0:
        differences = _coded(differences, steps[:, 1:], slope)
    else:
        halved = _halved(differences)
        differences = _coded(halved, steps[:, 1:], slope)[..., : (width + 1) // 2]
        differences = _doubled(differences)[..., :height, :width]
    both = torch.cat([light, differences], dim=1)
    return rounded(_recoloured(both, BACKWARD), MIDDLE + 0.5, limits=(0, LEVELS)) / LEVELS


def _checked(qualities: Sequence[int] | Tensor, count: int) -> list[int]:
    listed = [int(quality) for quality in qualities]
    if len(listed) != count:
        raise SettingError(f"qualities must be one for each of {count} images, got {len(listed)}")
    if not all(1 <= quality <= 100 for quality in listed):
        raise SettingError(f"qualities must be in [1, 100], got {listed}")
    return listed


def _recoloured(planes: Tensor, weights: tuple[tuple[int, ...], ...]) -> Tensor:
    """Weighted sums of the channels of each pixel, exact for whole levels."""
    matrix = planes.new_tensor(weights) / UNIT
    return (matrix @ planes.flatten(2)).view(planes.shape)


def _coded(planes: Tensor, steps: Tensor, slope: Slope) -> Tensor:
    """Whole levels less 128 after quantisation, completed by their last row and column."""
    height, width = planes.shape[2:]
    missing = (0, -width % SIDE, 0, -height % SIDE)
    whole = pad(planes, missing, mode="replicate") if any(missing) else planes
    numbers = coefficients(whole)
    kept: Tensor = _Quantisation.apply(numbers, steps, slope)
    decoded = rounded(samples(kept), 0, limits=(-MIDDLE, LEVELS - MIDDLE))
    return decoded[..., :height, :width]


class _Quantisation(torch.autograd.Function):
    """Coefficients as a decoder finds them, from 8 times the coefficients."""

    @staticmethod
    @override
    def forward(ctx: Any, numbers: Tensor, steps: Tensor, slope: Slope) -> Tensor:
        *leading, height, width = numbers.shape
        bands = numbers.view(*leading, height // SIDE, SIDE, width)
        laid = steps.repeat(1, 1, 1, width // SIDE)[:, :, None]
        counts = bands * (AWAY / GAIN / laid)
        whole = counts.round()
        share = SHARES[slope]
        ctx.slopes = (1 - share) / GAIN
        if share:
            steep = counts.sub_(whole).square_().mul_(3 * share / GAIN)
            ctx.slopes = steep.add_(ctx.slopes).view(numbers.shape)
        return whole.mul_(laid).view(numbers.shape)

    @staticmethod
    @override
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        slopes: Tensor = gradients[0] * ctx.slopes
        return slopes, None, None


def _halved(planes: Tensor) -> Tensor:
    """Means of 2 x 2 samples, rounded up and down in turn, whole blocks of them in a row.

    What is missing is completed by the last column before, and by the last row after it.
    """
    height, width = planes.shape[2:]
    even = pad(planes, (0, -width % (2 * SIDE), 0, height % 2), mode="replicate")
    means = avg_pool2d(even, 2)
    return rounded(means, planes.new_tensor([0.25, 0.5]).repeat(means.shape[3] // 2))


def _doubled(planes: Tensor) -> Tensor:
    """Twice as wide and high: 3 parts of the nearer and 1 of the further, down and across."""
    width = planes.shape[3]
    if width <= NARROW:
        return interpolate(planes, scale_factor=2, mode="nearest")
    doubled = interpolate(planes, scale_factor=2, mode="bilinear", align_corners=False)
    return rounded(doubled, planes.new_tensor([8 / 16, 7 / 16]).repeat(width))
