import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from sublimen.metrics import ms_ssim
from sublimen.metrics.ms_ssim import WEIGHTS, halved


def contrast_and_structure(one, other):
    """By scikit-image: SSIM over luminance, place by place, of one channel."""
    settings = {"data_range": 1, "gaussian_weights": True, "use_sample_covariance": False}
    _, whole = structural_similarity(one, other, full=True, **settings)
    from scipy.ndimage import gaussian_filter

    mu = [gaussian_filter(plane, 1.5, truncate=3.5) for plane in (one, other)]
    luminance = (2 * mu[0] * mu[1] + 0.0001) / (mu[0] ** 2 + mu[1] ** 2 + 0.0001)
    inside = np.s_[5:-5, 5:-5]
    return (whole / luminance)[inside].mean(), whole[inside].mean()


def test_it_is_the_product_over_five_scales_by_scikit_image(pair):
    one, other = (images[:, :1, :192, :224] for images in pair)

    expected, pictures = 1.0, [images[0, 0].numpy() for images in (one, other)]
    for exponent in WEIGHTS:
        structure, both = contrast_and_structure(*pictures)
        expected *= (both if exponent == WEIGHTS[-1] else structure) ** exponent
        pictures = [
            p.reshape(p.shape[0] // 2, 2, p.shape[1] // 2, 2).mean(axis=(1, 3)) for p in pictures
        ]

    assert ms_ssim(one, other).item() == pytest.approx(expected, abs=1e-9)


def test_the_exponents_sum_to_one():
    assert sum(WEIGHTS) == pytest.approx(1, abs=1e-3)


def test_a_last_odd_row_counts_twice():
    image = torch.tensor([[0.0, 1.0, 0.5]]).view(1, 1, 1, 3)

    assert halved(image).flatten().tolist() == [0.5, 0.5]
