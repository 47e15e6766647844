import math

import numpy as np
import pytest

from sublimen.imaging.levels import from_bytes
from sublimen.metrics import psnr, ssim
from sublimen.photo.classical import STRIP
from sublimen.photo.quality import compare


@pytest.fixture
def noisy(astronaut):
    noise = np.random.default_rng(3).integers(-6, 7, astronaut.shape)
    return np.clip(astronaut.astype(int) + noise, 0, 255).astype(np.uint8)


@pytest.fixture
def five_levels(astronaut):
    return np.full((3, *astronaut.shape[:2]), 5.0, dtype=np.float32)


def test_strips_give_the_numbers_of_the_whole_picture(astronaut, noisy, five_levels):
    assert astronaut.shape[0] > STRIP
    original, saved = from_bytes(astronaut).double(), from_bytes(noisy).double()

    quality = compare(astronaut, noisy, five_levels, 1)

    assert quality.psnr == pytest.approx(psnr(original, saved).item(), abs=1e-6)
    assert quality.ssim == pytest.approx(ssim(original, saved).item(), abs=1e-5)


def test_the_share_beyond_the_map_counts_samples(astronaut, five_levels):
    saved = astronaut.copy()
    saved[0, 0] = np.where(astronaut[0, 0] > 100, astronaut[0, 0] - 6, astronaut[0, 0] + 6)
    saved[9, 9, 1] = astronaut[9, 9, 1] ^ 1
    samples = astronaut.size

    assert compare(astronaut, saved, five_levels, 1).beyond_jnd == pytest.approx(3 / samples)
    assert compare(astronaut, saved, five_levels, 1.3).beyond_jnd == 0
    assert compare(astronaut, saved, five_levels, 0.1).beyond_jnd == pytest.approx(4 / samples)


def test_the_largest_change_does_not_wrap_round(five_levels):
    black = np.zeros((512, 512, 3), dtype=np.uint8)
    white = np.full_like(black, 255)

    quality = compare(black, white, five_levels, 1)

    assert quality.largest_change == 255
    assert quality.psnr == pytest.approx(0)
    assert quality.beyond_jnd == 1


def test_equal_photos_have_no_psnr(astronaut, five_levels):
    quality = compare(astronaut, astronaut.copy(), five_levels, 1)

    assert quality.identical
    assert quality.psnr is None
    assert quality.ssim == 1
    assert not math.isnan(quality.beyond_jnd)
