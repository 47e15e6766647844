"""Pairs on which metrics are held against other programs and against their own limits."""

import numpy as np
import pytest
import torch

from sublimen.imaging.levels import from_bytes


@pytest.fixture
def pair(astronaut):
    """Part of the portrait of 200 x 232 pixels, and the same with noise of three levels."""
    reference = np.ascontiguousarray(astronaut[20:220, 130:362])
    noise = np.random.default_rng(0).integers(-3, 4, reference.shape)
    distorted = np.clip(reference.astype(int) + noise, 0, 255).astype(np.uint8)
    return from_bytes(reference, torch.float64), from_bytes(distorted, torch.float64)


def extremes(side):
    """Black, white and flat pictures, a noisy one, and each with one changed pixel."""
    noisy = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(5))
    originals = [torch.full((1, 3, side, side), grey) for grey in (0.0, 0.5, 1.0)]
    for original in [*originals, noisy]:
        yield original, original.clone()
        changed = original.clone()
        place = changed[..., side // 2, side // 2]
        changed[..., side // 2, side // 2] = torch.where(place > 0.5, place - 0.1, place + 0.1)
        yield original, changed


@pytest.fixture
def assert_finite_gradients():
    """A check that a metric has a finite gradient on all of the extremes."""

    def check(metric, side):
        for reference, distorted in extremes(side):
            leaf = distorted.requires_grad_()
            value = metric(reference, leaf)
            (gradient,) = torch.autograd.grad(value.sum(), leaf, allow_unused=True)
            assert gradient is None or gradient.isfinite().all()

    return check
