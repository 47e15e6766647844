import math

import pytest
import torch
from hypothesis import given, settings, strategies as st

from sublimen.errors import ImageError
from sublimen.metrics import psnr, psnr_blue, psnr_green, psnr_luma, psnr_red


@pytest.mark.parametrize(("levels", "decibels"), [(1, 48.13), (2, 42.11), (16, 24.05), (255, 0.0)])
def test_a_change_of_every_sample_has_the_textbook_value(levels, decibels):
    black = torch.zeros(1, 3, 4, 5)

    value = psnr(black, black + levels / 255).item()

    assert value == pytest.approx(decibels, abs=0.005)


def test_each_image_has_its_own_number():
    black = torch.zeros(2, 1, 4, 4)
    distorted = torch.stack([black[0] + 1 / 255, black[0] + 2 / 255])

    values = psnr(black, distorted)

    assert values.tolist() == pytest.approx([48.1308, 42.1102], abs=1e-3)


def test_equal_images_give_infinity():
    grey = torch.full((1, 1, 2, 2), 0.5)

    assert psnr(grey, grey).item() == math.inf


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 200), st.integers(2, 12))
def test_a_change_of_one_sample_counts_by_the_number_of_samples(levels, side):
    black = torch.zeros(1, 1, side, side, dtype=torch.float64)
    distorted = black.clone()
    distorted[0, 0, -1, -1] = levels / 255

    expected = 20 * math.log10(255 / levels) + 10 * math.log10(side**2)

    assert psnr(black, distorted).item() == pytest.approx(expected)


@pytest.mark.usefixtures("as_users_run_it")
def test_two_sizes_that_would_broadcast_are_refused():
    with pytest.raises(ImageError, match="same shape"):
        psnr(torch.zeros(1, 3, 4, 4), torch.zeros(1, 1, 4, 4))


def test_a_change_of_one_channel_is_seen_there_and_by_its_share_in_luma():
    grey = torch.full((1, 3, 4, 4), 0.5, dtype=torch.float64)
    blue = grey.clone()
    blue[:, 2] += 8 / 255

    assert psnr_blue(grey, blue).item() == pytest.approx(30.069, abs=1e-3)
    assert psnr_red(grey, blue).item() == psnr_green(grey, blue).item() == math.inf
    # 8 levels times 0.114 on luma, and a third of the squares over all samples.
    assert psnr_luma(grey, blue).item() == pytest.approx(48.931, abs=1e-3)
    assert psnr(grey, blue).item() == pytest.approx(34.840, abs=1e-3)
