"""What may happen to a picture on its way to a recogniser, as views of an attack."""

from dataclasses import dataclass
from typing import Final, TypeVar, final, get_args

import torch
from torch import Tensor
from typing_extensions import override

from sublimen.attacks.view import Draw, View
from sublimen.checks import at_least, fraction, positive
from sublimen.errors import SettingError
from sublimen.imaging.differentiable_jpeg import SHARES, Slope, Subsampling, jpeg_like
from sublimen.imaging.resizing import Resampler, resized
from sublimen.imaging.separable import correlate, gaussian
from sublimen.types import Images

Choice = TypeVar("Choice")

COARSEST: Final = 1
FINEST: Final = 100
"""Pillow's least and largest quality of JPEG."""


@dataclass(frozen=True, kw_only=True)
class Transformation(View):
    """A view that changes what the recogniser is shown."""

    @property
    @override
    def transparent(self) -> bool:
        return False


@final
@dataclass(frozen=True, kw_only=True)
class Jpeg(Transformation):
    """JPEG of a quality and a subsampling of colours drawn evenly, as Pillow reads it back.

    Args:
        least: Least quality, in [1, 100].
        most: Largest quality, in [least, 100].
        subsamplings: Which are drawn: 0 is 4:4:4, 2 is 4:2:0.
        slope: What stands for the slope of the rounding of coefficients: `mixed`,
            `straight-through` or `soft`, see `sublimen.imaging.differentiable_jpeg`.

    References:
        Shin, Song, "JPEG-resistant adversarial images", NIPS 2017 workshop on machine learning
        and computer security; Athalye, Carlini, Wagner, "Obfuscated gradients give a false sense
        of security", ICML 2018, section 4.1 (the slope of what has none is taken to be 1).
    """

    least: int = 50
    most: int = 95
    subsamplings: tuple[Subsampling, ...] = (0, 2)
    slope: Slope = "mixed"

    def __post_init__(self) -> None:
        if not COARSEST <= self.least <= self.most <= FINEST:
            raise SettingError(
                f"least and most must be in [{COARSEST}, {FINEST}], the least no larger, "
                f"got {self.least} and {self.most}"
            )
        _known("subsamplings", self.subsamplings, (0, 2))
        _known("slope", (self.slope,), tuple(SHARES))

    @override
    def see(self, images: Images, draw: Draw) -> Tensor:
        span = self.most - self.least + 1
        qualities = [self.least + int(share * span) for share in draw.uniform().tolist()]
        drawn = images.new_tensor(_picked(self.subsamplings, draw))
        seen = images
        for subsampling in self.subsamplings:
            rows = (drawn == subsampling).nonzero().flatten()
            if len(rows):
                coded = jpeg_like(
                    images.index_select(0, rows),
                    [qualities[row] for row in rows],
                    subsampling=subsampling,
                    slope=self.slope,
                )
                seen = seen.index_copy(0, rows, coded)
        return seen


@final
@dataclass(frozen=True, kw_only=True)
class Downscaling(Transformation):
    """Reduced to a size drawn evenly, and enlarged again, by a resampler drawn evenly.

    Args:
        ratio: Least size as a fraction of the side, in (0, 1].
        resamplers: Which are drawn: `bilinear`, `bicubic` and `area`, see
            `sublimen.imaging.resizing`.
        small: What happens to the picture while it is small, such as `Jpeg()`, if anything does.
    """

    ratio: float = 0.5
    resamplers: tuple[Resampler, ...] = ("bilinear", "bicubic", "area")
    small: View | None = None

    def __post_init__(self) -> None:
        fraction(ratio=self.ratio)
        _known("resamplers", self.resamplers, get_args(Resampler))

    @override
    def see(self, images: Images, draw: Draw) -> Tensor:
        scales = _between(self.ratio, 1, draw)
        resamplers = _picked(self.resamplers, draw)
        seen = [
            self._seen(image, scales[row], resamplers[row], draw.at(torch.tensor([row])))
            for row, image in enumerate(images.chunk(len(images)))
        ]
        return torch.cat(seen)

    def _seen(self, image: Images, scale: float, resampler: Resampler, draw: Draw) -> Tensor:
        height, width = image.shape[2:]
        rows, columns = (max(1, round(scale * side)) for side in (height, width))
        small = clipped(resized(image, rows, columns, resampler))
        if self.small is not None:
            small = self.small.see(small, draw)
        return clipped(resized(small, height, width, resampler))


@final
@dataclass(frozen=True, kw_only=True)
class Cropping(Transformation):
    """A part of a size and at a place drawn evenly, enlarged to the whole, bilinear.

    Args:
        ratio: Least size of the part as a fraction of the side, in (0, 1].
    """

    ratio: float = 0.8

    def __post_init__(self) -> None:
        fraction(ratio=self.ratio)

    @override
    def see(self, images: Images, draw: Draw) -> Tensor:
        height, width = images.shape[2:]
        scales = _between(self.ratio, 1, draw)
        down, across = draw.uniform().tolist(), draw.uniform().tolist()
        seen = []
        for row, image in enumerate(images.chunk(len(images))):
            rows, columns = (max(1, round(scales[row] * side)) for side in (height, width))
            top = int(down[row] * (height - rows + 1))
            left = int(across[row] * (width - columns + 1))
            part = image[..., top : top + rows, left : left + columns]
            seen.append(resized(part, height, width))
        return torch.cat(seen)


@final
@dataclass(frozen=True, kw_only=True)
class Mirrored(Transformation):
    """Left and right changed, with some probability.

    Where a recogniser reads a face at places that are fixed in the picture, these must be mirrored
    too; for aligned faces as a whole there is nothing to do.

    Args:
        probability: With which an image is mirrored, in (0, 1].
    """

    probability: float = 0.5

    def __post_init__(self) -> None:
        fraction(probability=self.probability)

    @override
    def see(self, images: Images, draw: Draw) -> Tensor:
        wanted = (draw.uniform() < self.probability).view(-1, 1, 1, 1)
        return torch.where(wanted, images.flip(3), images)


@final
@dataclass(frozen=True, kw_only=True)
class Chained(Transformation):
    """Some views in turn, such as an upload that is cropped and then compressed.

    Args:
        views: What happens, at least one, the first first.
    """

    views: tuple[View, ...]

    def __post_init__(self) -> None:
        if not self.views:
            raise SettingError("views must hold at least one view, got none")

    @override
    def see(self, images: Images, draw: Draw) -> Tensor:
        seen: Tensor = images
        for view in self.views:
            seen = view.see(seen, draw)
        return seen


@final
@dataclass(frozen=True, kw_only=True)
class Smoothing(Transformation):
    """Convolved with a Gaussian, with some probability; the picture is mirrored beyond its rim.

    Args:
        probability: With which an image is smoothed, in (0, 1].
        radius: Half width of the kernel in pixels, at least 1.
        sigma: Standard deviation of the Gaussian in pixels, above 0.

    References:
        Cherepanova, Goldblum, Foley, Duan, Dickerson, Taylor, Goldstein, "LowKey: leveraging
        adversarial attacks to protect social media users from facial recognition", ICLR 2021,
        section 4: a kernel of 7 x 7, sigma 3, both the picture and its smoothed copy at once.
    """

    probability: float = 0.5
    radius: int = 3
    sigma: float = 3.0

    def __post_init__(self) -> None:
        fraction(probability=self.probability)
        at_least(1, radius=self.radius)
        positive(sigma=self.sigma)

    @override
    def see(self, images: Images, draw: Draw) -> Tensor:
        wanted = (draw.uniform() < self.probability).view(-1, 1, 1, 1)
        weights = gaussian(self.radius, self.sigma)
        # One image at a time: its sums must not depend on its company.
        smooth = [
            correlate(image, weights, border="reflect") for image in images.chunk(len(images))
        ]
        return torch.where(wanted, torch.cat(smooth), images)


@final
@dataclass(frozen=True, kw_only=True)
class Noise(Transformation):
    """Normal noise on each sample, kept in [0, 1].

    Args:
        sigma: Standard deviation in the unit of the images, above 0.
    """

    sigma: float = 4 / 255

    def __post_init__(self) -> None:
        positive(sigma=self.sigma)

    @override
    def see(self, images: Images, draw: Draw) -> Tensor:
        return clipped(images + self.sigma * draw.normal(images))


@final
@dataclass(frozen=True, kw_only=True)
class Brightness(Transformation):
    """Every sample times one number drawn evenly from [1 - limit, 1 + limit], kept in [0, 1].

    Args:
        limit: Largest change, in (0, 1].
    """

    limit: float = 0.1

    def __post_init__(self) -> None:
        fraction(limit=self.limit)

    @override
    def see(self, images: Images, draw: Draw) -> Tensor:
        scales = images.new_tensor(_between(1 - self.limit, 1 + self.limit, draw))
        return clipped(images * scales.view(-1, 1, 1, 1))


def clipped(images: Images) -> Images:
    """Samples kept in [0, 1], with the slope of doing nothing.

    A true slope would be zero wherever noise has led beyond black or white.
    """
    return images + (images.clamp(0, 1) - images).detach()


def _known(setting: str, given: tuple[object, ...], known: tuple[object, ...]) -> None:
    """Refuse what is not among the known, and nothing at all."""
    if not given or not set(given) <= set(known):
        names = ", ".join(map(str, known))
        raise SettingError(f"{setting} must be one or more of {names}, got {given}")


def _picked(choices: tuple[Choice, ...], draw: Draw) -> list[Choice]:
    """One of the choices for each image, evenly by chance."""
    return [choices[int(share * len(choices))] for share in draw.uniform().tolist()]


def _between(least: float, most: float, draw: Draw) -> list[float]:
    """A number of [least, most) for each image."""
    return [least + share * (most - least) for share in draw.uniform().tolist()]
