import pytest
import torch

from sublimen.metrics import l2, linf, low_frequency_share


def test_lengths_are_in_levels():
    black = torch.zeros(2, 3, 4, 5)
    distorted = black.clone()
    distorted[0, 0, 0, :2] = torch.tensor([3 / 255, 4 / 255])
    distorted[1] = 1.0

    assert l2(black, distorted).tolist() == pytest.approx([5, 255 * 60**0.5])
    assert linf(black, distorted).tolist() == pytest.approx([4, 255])


def test_white_noise_has_the_share_of_the_blurs_own_energy(generator):
    # A Gaussian of sigma 8 keeps 1 / (4 pi 64) of white noise.
    noise = torch.randn(1, 1, 1500, 1500, generator=generator, dtype=torch.float64) / 100
    grey = torch.full_like(noise, 0.5)

    assert low_frequency_share(grey, grey + noise).item() == pytest.approx(0.001243, rel=0.15)


def test_a_change_that_is_the_same_everywhere_is_all_of_low_frequency():
    grey = torch.full((1, 3, 40, 50), 0.5)

    assert low_frequency_share(grey, grey + 0.1).item() == pytest.approx(1, abs=1e-5)


def test_stripes_of_two_pixels_are_none_of_it():
    grey = torch.full((1, 1, 64, 64), 0.5)
    stripes = (torch.arange(64) // 2 % 2 * 2 - 1) / 10

    assert low_frequency_share(grey, grey + stripes).item() < 0.05
