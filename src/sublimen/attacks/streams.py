"""Randomness of its own for each image, so that order and company in a batch do not matter."""

import hashlib

import torch
from torch import Generator

from sublimen.imaging.levels import to_levels
from sublimen.types import LEVELS, Images


def streams(images: Images, seed: int) -> tuple[Generator, ...]:
    """One generator for each image, keyed by the seed and the image's 8-bit content."""
    return tuple(
        Generator().manual_seed(_key(images[row : row + 1], seed)) for row in range(len(images))
    )


def _key(image: Images, seed: int) -> int:
    levels = (to_levels(image.detach()) * LEVELS).round().to("cpu", torch.uint8)
    digest = hashlib.sha256(f"{seed} {tuple(image.shape[1:])} ".encode())
    digest.update(levels.contiguous().numpy().tobytes())
    return int.from_bytes(digest.digest()[:8], "big") >> 1


def uniform(images: Images, generators: tuple[Generator, ...]) -> Images:
    """Numbers drawn evenly from [-1, 1), shaped like the images, each from its own stream.

    They are drawn on the CPU, so that every device sees the same numbers.
    """
    draws = [
        torch.rand(image.shape, generator=generator, dtype=images.dtype)
        for image, generator in zip(images, generators, strict=True)
    ]
    return 2 * torch.stack(draws).to(images.device) - 1


def normal(images: Images, generators: tuple[Generator, ...]) -> Images:
    """Numbers of the normal distribution, shaped like the images, each from its own stream."""
    draws = [
        torch.randn(image.shape, generator=generator, dtype=images.dtype)
        for image, generator in zip(images, generators, strict=True)
    ]
    return torch.stack(draws).to(images.device)
