"""What is true of every meter in the catalogue."""

import shutil

import pytest
import torch

from sublimen.errors import ImageError
from sublimen.visibility import METERS
from sublimen.visibility.butteraugli import PROGRAM
from sublimen.visibility.calibration import calibration

SIDE = 256


@pytest.fixture(params=METERS)
def meter(request):
    if request.param == "butteraugli" and shutil.which(PROGRAM) is None:
        pytest.skip(f"{PROGRAM} is not on PATH")
    return METERS[request.param]()


@pytest.fixture
def images(generator):
    smooth = torch.rand(2, 3, 33, 33, generator=generator)
    return torch.nn.functional.interpolate(smooth, size=(SIDE, SIDE), mode="bicubic").clamp(0, 1)


def test_equal_images_have_the_perfect_score_and_no_jnd(meter, images):
    scores = meter(images, images.clone())

    assert scores.tolist() == pytest.approx([meter.perfect] * 2, abs=1e-5)
    assert calibration().curve(meter.name).jnd(scores).abs().max() < 1e-3


def test_twice_the_noise_is_more_jnd(meter, images, generator):
    noise = torch.rand(images.shape, generator=generator) - 0.5
    curve = calibration().curve(meter.name)

    weak, strong = (curve.jnd(meter(images, (images + k * noise).clamp(0, 1))) for k in (0.05, 0.1))

    assert (0.02 < weak).all()
    assert (1.3 * weak < strong).all()


def test_each_image_is_read_as_if_it_were_alone(meter, images, generator):
    noise = (torch.rand(images.shape, generator=generator) - 0.5) / 20
    distorted = (images + noise).clamp(0, 1)

    together = meter(images, distorted)

    torch.testing.assert_close(together[1:], meter(images[1:], distorted[1:]), rtol=1e-4, atol=1e-4)


def test_the_original_half_can_be_used_often(meter, images, generator):
    against = meter.against(images)
    noise = (torch.rand(images.shape, generator=generator) - 0.5) / 20
    distorted = (images + noise).clamp(0, 1)

    first, perfect, again = against(distorted), against(images), against(distorted)

    assert torch.equal(first, again)
    torch.testing.assert_close(first, meter(images, distorted))
    assert perfect.tolist() == pytest.approx([meter.perfect] * 2, abs=1e-5)


def extremes():
    noisy = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(5))
    for original in [*(torch.full((1, 3, SIDE, SIDE), g) for g in (0.0, 0.5, 1.0)), noisy]:
        changed = original.clone()
        place = changed[..., SIDE // 2, SIDE // 2]
        changed[..., SIDE // 2, SIDE // 2] = torch.where(place > 0.5, place - 1 / 255, place + 0.1)
        yield original, original.clone()
        yield original, changed


def test_gradients_and_readings_are_finite_on_extremes(meter):
    curve = calibration().curve(meter.name)

    for reference, distorted in extremes():
        leaf = distorted.requires_grad_(meter.role == "optimised")
        jnd = curve.jnd(meter(reference, leaf))
        assert jnd.isfinite().all()
        if meter.role == "optimised":
            (gradient,) = torch.autograd.grad(jnd.sum(), leaf)
            assert gradient.isfinite().all()


@pytest.mark.usefixtures("as_users_run_it")
def test_bad_pairs_are_refused_in_one_sentence(meter, images):
    small = images[..., : meter.minimum_size - 1]
    bad = {
        "same shape": images[:1],
        "got NaN": images * torch.nan,
        "divide 8-bit pixels by 255": images * 255,
        "with 1 or 3 channels": images[:, :2],
    }

    for words, other in bad.items():
        with pytest.raises(ImageError, match=words):
            meter(images, other)
    with pytest.raises(ImageError, match=f"at least {meter.minimum_size} x {meter.minimum_size}"):
        meter(small, small)
