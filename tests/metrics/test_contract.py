"""What is true of every metric in the catalogue."""

import math

import pytest
import torch

from sublimen.errors import ImageError
from sublimen.metrics import METRICS

SIDE = 176
PERFECT = {"ssimulacra2": 100.0, **dict.fromkeys(["ssim", "ssim_luma", "ms_ssim", "iw_ssim"], 1.0)}


@pytest.fixture
def images(generator):
    return torch.rand(2, 3, SIDE, SIDE, generator=generator)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_equal_images_are_perfect(metric, images):
    values = metric(images, images.clone()).tolist()

    perfect = math.inf if metric.name.startswith("psnr") else PERFECT.get(metric.name, 0.0)
    assert values == pytest.approx([perfect, perfect], abs=1e-6)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_more_noise_is_worse_and_each_image_has_its_own_number(metric, images, generator):
    noise = torch.rand(1, 3, SIDE, SIDE, generator=generator) - 0.5
    weak, strong = ((images[:1] + k * noise).clamp(0, 1) for k in (0.05, 0.2))
    if metric.name == "low_frequency_share":
        strong = (images[:1] + 0.1).clamp(0, 1)

    values = metric(images[:1].expand(2, -1, -1, -1), torch.cat([weak, strong]))

    assert (values[0] > values[1]).item() == metric.higher_is_better
    torch.testing.assert_close(values[:1], metric(images[:1], weak), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_grey_is_a_picture_of_three_equal_channels(metric, images):
    grey, changed = images[:1, :1], images[1:, :1]

    one, three = (
        metric(grey, changed),
        metric(grey.expand(-1, 3, -1, -1), changed.expand(-1, 3, -1, -1)),
    )

    if metric.name == "l2":
        three = three / 3**0.5
    torch.testing.assert_close(one, three, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "metric", [m for m in METRICS.values() if m.name != "iw_ssim"], ids=lambda m: m.name
)
def test_gradients_are_finite_on_extremes(metric, assert_finite_gradients):
    assert_finite_gradients(metric, SIDE)


@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_bad_pairs_are_refused_in_one_sentence(metric, images):
    bad = {
        "same shape": images[..., :-1],
        "got NaN": images * torch.nan,
        "divide 8-bit pixels by 255": images * 255,
        "with 1 or 3 channels": images[:, :2],
    }
    for words, other in bad.items():
        with pytest.raises(ImageError, match=words):
            metric(images, other)
