"""What the two stages of HVS-SD are trained with: our reading, as the losses are not published."""

from dataclasses import dataclass
from typing import Final, final

import torch
from torch import Tensor

from sublimen.imaging.colour import luma
from sublimen.jnd.attention import Attention, focused
from sublimen.jnd.autoencoder import Autoencoder
from sublimen.metrics.gmsd import gmsd
from sublimen.metrics.ms_ssim import ms_ssim
from sublimen.metrics.ssim import ssim
from sublimen.types import LEVELS, Images, JndMap, Plane

LEAST: Final = 0.1 / LEVELS
"""Threshold below which a larger one is not rewarded more: a tenth of a level."""

DISTORTION: Final = 0.01
"""Bits per pixel that one squared level of the first stage's error costs."""


@final
@dataclass(frozen=True)
class Terms:
    """The terms of a loss, each one number.

    Args:
        names: What they are called in the curves.
        values: Their values, weighted.
    """

    names: tuple[str, ...]
    values: Tensor

    @property
    def total(self) -> Tensor:
        """What is lowered."""
        return self.values.sum()


@final
@dataclass(frozen=True, kw_only=True)
class Weights:
    """How much the terms of the second stage count.

    Args:
        magnitude: Of the logarithm of the map; twice the loss of quality that a map comes to.
        quality: Of the measures of quality.
        perceptual: Of the change of the first stage's features.
        attention: Of the change of where the first stage looks.
    """

    magnitude: float = 0.1
    quality: float = 1.0
    perceptual: float = 1.0
    attention: float = 0.5


def compression_terms(network: Autoencoder, images: Images, noise: Tensor) -> Terms:
    """Rate and distortion of the first stage.

        L = bits per pixel + 0.01 (error in levels)^2

    Args:
        network: The first stage.
        images: Patches.
        noise: Uniform in [-0.5, 0.5], of the features' shape, in place of rounding.
    """
    features = network.encoder(images)
    noisy = features + noise
    decoded = network.decoder(noisy)
    pixels = images[0, 0].numel()
    rate = network.bits(noisy).mean() / pixels
    error = (decoded - images).square().mean() * LEVELS**2
    return Terms(("bits", "error"), torch.stack([rate, DISTORTION * error]))


def map_terms(
    network: Autoencoder,
    images: Images,
    seen: Attention,
    jnd: JndMap,
    signs: Plane,
    weights: Weights,
) -> Terms:
    """What a map is worth: as large as it can be, and as little noticed.

        L1 = -mean log(x_j + e)                                                 magnitude
        L2 = mean (f(x_0) - f(y_0))^2,    f features of the first stage          perception
        L3 = mean |x_c - y_c|,    y_c by the features of y_0, weights of x_0      attention
        L4 = (1 - SSIM) + (1 - MS-SSIM) + GMSD, on luma                           quality

    with y_0 = x_0 + s x_j and one random sign s for the three channels of a pixel.

    Args:
        network: The first stage, frozen.
        images: Patches x_0, at least 161 pixels a side.
        seen: Their attention.
        jnd: Their map x_j.
        signs: s.
        weights: How much each term counts.
    """
    changed = (images + signs * jnd).clamp(0, 1)
    before, after = network.encoder(images), network.encoder(changed)
    focus = focused(after, seen.weights, images)
    terms = [
        -weights.magnitude * (jnd + LEAST).log().mean(),
        weights.perceptual * (after - before).square().mean(),
        weights.attention * (focus - seen.focus).abs().mean(),
        weights.quality * quality_lost(images, changed),
    ]
    return Terms(("magnitude", "perception", "attention", "quality"), torch.stack(terms))


def quality_lost(reference: Images, distorted: Images) -> Tensor:
    """L4, of luma as the measures are defined: a channel costs by its share of it."""
    one, other = luma(reference), luma(distorted)
    similar = (measure(one, other).mean() for measure in (ssim, ms_ssim))
    return gmsd(one, other).mean() + sum(1 - value for value in similar)
