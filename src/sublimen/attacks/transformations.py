"""What may happen to a picture on its way to a recogniser, as views of an attack."""

from dataclasses import dataclass
from typing import Final, final

import torch
from torch import Tensor
from typing_extensions import override

from sublimen.attacks.diversity import resized
from sublimen.attacks.view import Draw, View
from sublimen.checks import fraction, positive
from sublimen.errors import SettingError
from sublimen.imaging.jpeg import jpeg
from sublimen.imaging.levels import from_bytes, to_bytes
from sublimen.types import Images

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
    """JPEG of a quality drawn evenly; its slope is taken to be that of doing nothing.

    Args:
        least: Least quality, in [1, 100].
        most: Largest quality, in [least, 100].

    References:
        Athalye, Carlini, Wagner, "Obfuscated gradients give a false sense of security", ICML
        2018, section 4.1 (the slope of what has none is taken to be 1).
    """

    least: int = 50
    most: int = 95

    def __post_init__(self) -> None:
        if not COARSEST <= self.least <= self.most <= FINEST:
            raise SettingError(
                f"least and most must be in [{COARSEST}, {FINEST}], the least no larger, "
                f"got {self.least} and {self.most}"
            )

    @override
    def see(self, images: Images, draw: Draw) -> Tensor:
        shares = draw.uniform().tolist()
        plain = [
            from_bytes(jpeg(to_bytes(image), self._quality(share)), images.dtype)
            for image, share in zip(images.detach().chunk(len(images)), shares, strict=True)
        ]
        return images + (torch.cat(plain).to(images.device) - images.detach())

    def _quality(self, share: float) -> int:
        return self.least + int(share * (self.most - self.least + 1))


@final
@dataclass(frozen=True, kw_only=True)
class Downscaling(Transformation):
    """Reduced to a size drawn evenly, and enlarged again, both bilinear.

    Args:
        ratio: Least size as a fraction of the side, in (0, 1].
    """

    ratio: float = 0.5

    def __post_init__(self) -> None:
        fraction(ratio=self.ratio)

    @override
    def see(self, images: Images, draw: Draw) -> Tensor:
        height, width = images.shape[2:]
        scales = _between(self.ratio, 1, draw)
        seen = [
            resized(
                resized(image, max(1, round(scale * height)), max(1, round(scale * width))),
                height,
                width,
            )
            for image, scale in zip(images.chunk(len(images)), scales, strict=True)
        ]
        return torch.cat(seen)


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


def _between(least: float, most: float, draw: Draw) -> list[float]:
    """A number of [least, most) for each image."""
    return [least + share * (most - least) for share in draw.uniform().tolist()]
