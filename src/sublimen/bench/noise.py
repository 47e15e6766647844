"""Noise of random sign whose amplitude follows a map, rounded to 8 bits at a given PSNR."""

from typing import Final, Literal, TypeAlias

import torch
from scipy.optimize import brentq

from sublimen.imaging.signs import random_signs
from sublimen.types import LEVELS, Images, JndMap

Arrangement: TypeAlias = Literal["shaped", "shuffled", "white"]
"""A map as it is; its pixels at random places; one amplitude everywhere."""

CLOSE: Final = 0.01
"""How close the PSNR comes, in dB."""

RANGE: Final = (-20.0, 20.0)
"""Logarithm of the amplitude's factor, between which it is looked for."""


def arranged(jnd: JndMap, arrangement: Arrangement, generator: torch.Generator) -> JndMap:
    """The map of one image in an arrangement."""
    if arrangement == "white":
        return torch.ones_like(jnd)
    if arrangement == "shuffled":
        places = torch.randperm(jnd[0, 0].numel(), generator=generator)
        return jnd.flatten(2)[:, :, places].view_as(jnd)
    return jnd


def noisy(
    image: Images, jnd: JndMap, psnr: float, generator: torch.Generator, *, shared: bool
) -> Images:
    """One image with noise of random sign, on the 8-bit lattice.

    Amplitudes are no whole levels: each sample is rounded up as often as it is nearer to the level
    above, so that its mean is right. The factor is found on the rounded result.

    Args:
        image: The original, on the lattice.
        jnd: What the amplitudes are proportional to; not nothing everywhere.
        psnr: PSNR of the result in dB, over all samples.
        generator: Of the signs and the rounding.
        shared: One sign for all channels of a pixel.
    """
    signs = random_signs(image, generator, shared=shared)
    chances = torch.rand(image.shape, generator=generator)
    profile = signs * jnd / jnd.square().mean().sqrt()

    def result(exponent: float) -> Images:
        levels = (image + 2.0**exponent * profile).clamp(0, 1) * LEVELS
        rounded: Images = (levels + chances).floor().clamp(0, LEVELS)
        return rounded / LEVELS

    def excess(exponent: float) -> float:
        error = (result(exponent) - image).square().mean().clamp(min=1e-12)
        return float(-10 * error.log10()) - psnr

    return result(float(brentq(excess, *RANGE, xtol=CLOSE / 6)))
