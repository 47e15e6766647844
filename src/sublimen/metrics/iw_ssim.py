"""Information content weighted structural similarity."""

from typing import Final

import torch
from torch import Tensor
from torch.nn.functional import interpolate, pad

from sublimen.checks import check_pair
from sublimen.imaging.colour import luma
from sublimen.imaging.separable import correlate, gaussian
from sublimen.metrics.ms_ssim import WEIGHTS
from sublimen.metrics.ssim import RADIUS, SIGMA, moments
from sublimen.types import LEVELS, Images, PerImage, Plane

MINIMUM: Final = 161
"""Least height and width: the window of 11 pixels at the fifth scale."""

BINOMIAL: Final = tuple(2**0.5 * w / 16 for w in (1, 4, 6, 4, 1))
"""Kernel of the Laplacian pyramid."""

NOISE: Final = 0.4
"""Variance of the eye's own noise, in squared levels."""

C1: Final = (0.01 * LEVELS) ** 2
C2: Final = (0.03 * LEVELS) ** 2
"""Constants of SSIM for samples in levels."""

RIM: Final = 4
"""Places by which the window of 11 reaches further than the block of 3."""


def iw_ssim(reference: Images, distorted: Images) -> PerImage:
    """IW-SSIM of each pair, on luma.

        IW-SSIM = product over 5 scales of (sum w s / sum w) ^ b

    where s is contrast and structure (with luminance at the last scale) of a Laplacian pyramid,
    and w the information that a Gaussian scale mixture model finds in the block of 3 x 3 pixels
    and its parent. Equal images give 1. Higher is better. For judging: its gradient runs through
    eigenvalues and is not meant to be followed. Where a picture is flat and no block carries
    information, the weights are equal.

    Raises:
        ImageError: If the batches break the pixel convention, differ in shape, or are smaller
            than 161 pixels.

    References:
        Wang, Li, "Information content weighting for perceptual image quality assessment", IEEE
        TIP 2011, with the constants of its authors' program.
    """
    check_pair(reference, distorted, minimum_size=MINIMUM)
    planes = (luma(i).double() * LEVELS for i in (reference, distorted))
    one, other = (_pyramid(plane) for plane in planes)
    score = torch.ones(len(reference), dtype=torch.float64, device=reference.device)
    for scale, exponent in enumerate(WEIGHTS):
        luminance, structure = _similarity(one[scale], other[scale])
        if scale == len(WEIGHTS) - 1:
            mean = (luminance * structure).mean(dim=(1, 2, 3))
        else:
            parent = one[scale + 1] if scale < len(WEIGHTS) - 2 else None
            weights = information(one[scale], other[scale], parent)
            weights = weights[..., RIM:-RIM, RIM:-RIM]
            mean = _weighted(structure, weights)
        score = score * mean.abs() ** (exponent / sum(WEIGHTS))
    return score.to(reference)


def _weighted(values: Tensor, weights: Tensor) -> PerImage:
    """Weighted mean of each image; the plain mean where no block of a picture says anything."""
    total = weights.sum(dim=(1, 2, 3))
    some = total > 0
    weighted = (values * weights).sum(dim=(1, 2, 3)) / torch.where(some, total, 1.0)
    return torch.where(some, weighted, values.mean(dim=(1, 2, 3)))


def _pyramid(plane: Plane) -> list[Tensor]:
    """Four bands of a Laplacian pyramid, then what remains."""
    bands = []
    for _ in range(len(WEIGHTS) - 1):
        smaller = correlate(plane, BINOMIAL, border="reflect")[..., ::2, ::2]
        spread = torch.zeros_like(plane)
        spread[..., ::2, ::2] = smaller
        bands.append(plane - correlate(spread, BINOMIAL, border="reflect"))
        plane = smaller
    return [*bands, plane]


def _similarity(one: Plane, other: Plane) -> tuple[Tensor, Tensor]:
    """Luminance, and contrast with structure, where the window fits."""
    mu_x, mu_y, xx, yy, xy = moments(one, other, gaussian(RADIUS, SIGMA))
    luminance = (2 * mu_x * mu_y + C1) / (mu_x.square() + mu_y.square() + C1)
    variances = (xx - mu_x.square()).clamp(min=0) + (yy - mu_y.square()).clamp(min=0)
    return luminance, (2 * (xy - mu_x * mu_y) + C2) / (variances + C2)


def information(one: Plane, other: Plane, parent: Tensor | None) -> Tensor:
    """Bits that both pictures share with what the eye gets of them, block by block.

        w = sum_k log2(1 + ((v + (1 + g^2) n) s l_k + n v) / n^2)

    where l_k are the eigenvalues of the blocks' covariance, s the block's energy in these units,
    g and v gain and variance of the distortion, and n the eye's noise: eqs. (13) to (28).
    """
    thirds = (1 / 3,) * 3
    tiny = torch.finfo(one.dtype).eps
    mu_x, mu_y, xx, yy, xy = moments(pad(one, (1, 1, 1, 1)), pad(other, (1, 1, 1, 1)), thirds)
    own = (xx - mu_x.square()).clamp(min=0)
    its = (yy - mu_y.square()).clamp(min=0)
    common = xy - mu_x * mu_y
    gain = common / (own + tiny)
    error = its - gain * common
    gain = torch.where((own < tiny) | (its < tiny), 0.0, gain)
    error = torch.where(own < tiny, its, error)
    error = torch.where(its < tiny, 0.0, error)
    gain, error = gain[..., 1:-1, 1:-1], error[..., 1:-1, 1:-1]

    blocks = _blocks(one, parent)
    count = blocks.shape[-1]
    covariance = blocks.transpose(1, 2) @ blocks / blocks.shape[1]
    values, vectors = torch.linalg.eigh(covariance)
    kept = values.clamp(min=0)
    kept = kept * values.sum(1, keepdim=True) / kept.sum(1, keepdim=True).clamp(min=tiny)
    inverse = torch.where(kept > tiny * kept.amax(1, keepdim=True), 1 / kept.clamp(min=tiny), 0.0)
    energy = ((blocks @ vectors).square() * inverse[:, None]).sum(dim=2) / count
    energy = energy.view_as(gain)
    bits = torch.zeros_like(gain)
    for k in range(count):
        heard = kept[:, k].view(-1, 1, 1, 1) * energy * (error + (1 + gain.square()) * NOISE)
        bits = bits + torch.log2(1 + (heard + NOISE * error) / NOISE**2)
    return torch.where(bits < tiny, 0.0, bits)


def _blocks(plane: Plane, parent: Tensor | None) -> Tensor:
    """Each 3 x 3 block, and its parent, as a row."""
    height, width = plane.shape[2:]
    rows = torch.nn.functional.unfold(plane, 3)
    if parent is not None:
        above = _enlarged(parent)[..., 1 : height - 1, 1 : width - 1]
        rows = torch.cat([rows, above.flatten(2)], dim=1)
    return rows.transpose(1, 2)


def _enlarged(plane: Plane) -> Tensor:
    """Twice as large: bilinear to 4 n - 3, one row and column continued, every other one kept."""
    height, width = plane.shape[2:]
    size = (4 * height - 3, 4 * width - 3)
    wide = interpolate(plane, size=size, mode="bilinear", align_corners=False)
    wide = torch.cat(
        [
            2 * wide[..., :1, :] - wide[..., 1:2, :],
            wide,
            2 * wide[..., -1:, :] - wide[..., -2:-1, :],
        ],
        dim=2,
    )
    wide = torch.cat(
        [2 * wide[..., :1] - wide[..., 1:2], wide, 2 * wide[..., -1:] - wide[..., -2:-1]], dim=3
    )
    return wide[..., ::2, ::2]
