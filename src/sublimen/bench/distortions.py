"""Changes of many kinds and strengths, for calibrating meters of visibility."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, final

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter

from sublimen.imaging.jpeg import jpeg
from sublimen.types import LEVELS, ColourLevels

LOW: Final = 8.0
"""Standard deviation of the blur that makes noise of low frequency, in pixels."""

HIGH: Final = 1.0
"""Standard deviation of the blur that is taken off noise of high frequency, in pixels."""

CHROMA: Final = np.array([[0.0, 1.402], [-0.344136, -0.714136], [1.772, 0.0]])
"""R, G and B of a step of Cb and of Cr at constant luma, ITU-R BT.601."""


@final
@dataclass(frozen=True, kw_only=True)
class Distortion:
    """One way to change a picture.

    Args:
        name: Name in tables.
        unit: What its strength is measured in.
        strengths: From hardly to clearly visible.
        compression: Whether it is of the kind that the human anchors were measured on.
        apply: The changed picture, given picture, strength and a source of randomness.
    """

    name: str
    unit: str
    strengths: tuple[float, ...]
    compression: bool
    apply: Callable[[ColourLevels, float, np.random.Generator], ColourLevels]

    def __call__(self, picture: ColourLevels, strength: float, label: str) -> ColourLevels:
        """The picture changed; the same label gives the same noise at every strength."""
        seed = zlib.crc32(f"{label} {self.name}".encode())
        return self.apply(picture, strength, np.random.default_rng(seed))


def _levels(values: Float[np.ndarray, "height width 3"]) -> ColourLevels:
    changed: ColourLevels = np.clip(np.rint(values), 0, LEVELS).astype(np.uint8)
    return changed


def _white(picture: ColourLevels, strength: float, generator: np.random.Generator) -> ColourLevels:
    return _levels(picture + strength * generator.standard_normal(picture.shape))


def _low(picture: ColourLevels, strength: float, generator: np.random.Generator) -> ColourLevels:
    noise = gaussian_filter(generator.standard_normal(picture.shape), (LOW, LOW, 0))
    return _levels(picture + strength * noise / noise.std())


def _high(picture: ColourLevels, strength: float, generator: np.random.Generator) -> ColourLevels:
    noise = generator.standard_normal(picture.shape)
    noise = noise - gaussian_filter(noise, (HIGH, HIGH, 0))
    return _levels(picture + strength * noise / noise.std())


def _chroma(picture: ColourLevels, strength: float, generator: np.random.Generator) -> ColourLevels:
    noise = generator.standard_normal((*picture.shape[:2], 2)) @ CHROMA.T
    return _levels(picture + strength * noise)


def _blue(picture: ColourLevels, strength: float, generator: np.random.Generator) -> ColourLevels:
    noise = generator.standard_normal(picture.shape) * (0, 0, 1)
    return _levels(picture + strength * noise)


def _blur(picture: ColourLevels, strength: float, _: np.random.Generator) -> ColourLevels:
    return _levels(gaussian_filter(picture.astype(float), (strength, strength, 0)))


def _jpeg_444(picture: ColourLevels, strength: float, _: np.random.Generator) -> ColourLevels:
    return jpeg(picture, int(strength), subsampling=0)


def _jpeg_420(picture: ColourLevels, strength: float, _: np.random.Generator) -> ColourLevels:
    return jpeg(picture, int(strength), subsampling=2)


DEVIATIONS: Final = (1.0, 1.5, 2.0, 3.0, 4.0, 5.5, 7.5, 10.0)
QUALITIES: Final = (97, 94, 90, 85, 78, 70, 60, 45)

DISTORTIONS: Final = tuple(
    Distortion(name=name, unit=unit, strengths=strengths, compression=compression, apply=apply)
    for name, unit, strengths, compression, apply in (
        ("white", "levels", DEVIATIONS, False, _white),
        ("low", "levels", (0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0), False, _low),
        ("high", "levels", DEVIATIONS, False, _high),
        ("chroma", "levels", (1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0), False, _chroma),
        ("blue", "levels", (3.0, 4.5, 6.0, 9.0, 12.0, 18.0, 25.0, 36.0), False, _blue),
        ("jpeg-444", "quality", QUALITIES, True, _jpeg_444),
        ("jpeg-420", "quality", QUALITIES, True, _jpeg_420),
        ("blur", "pixels", (0.35, 0.42, 0.5, 0.6, 0.75, 0.95, 1.2, 1.6), False, _blur),
    )
)
"""Noise of all frequencies, of low and of high ones, without luma, in blue alone; JPEG; blur."""
