import pytest
import torch

from sublimen.errors import ImageError, SettingError
from sublimen.imaging.levels import from_bytes
from sublimen.visibility import Cvvdp, Flip, IwSsim, Ssimulacra2
from sublimen.visibility.calibration import calibration
from sublimen.visibility.loss import Visible, steering

METERS = (Cvvdp(), Ssimulacra2(), Flip())


@pytest.fixture
def reference(astronaut):
    parts = [astronaut[:256, 100:356], astronaut[256:, 256:]]
    return torch.cat([from_bytes(part) for part in parts])


def test_each_meter_reads_each_image(reference, generator):
    noise = 0.02 * (torch.rand(reference.shape, generator=generator) - 0.5)
    distorted = (reference + noise).clamp(0, 1)

    jnd = Visible(reference, METERS).jnd(distorted)

    assert jnd.shape == (3, 2)
    for row, meter in zip(jnd, METERS, strict=True):
        expected = calibration().curve(meter.name).jnd(meter(reference, distorted))
        torch.testing.assert_close(row, expected)


def test_a_step_down_its_gradient_lowers_every_reading(reference, generator):
    noise = 0.1 * (torch.rand(reference.shape, generator=generator) - 0.5)
    distorted = (reference + noise).clamp(0, 1).requires_grad_()
    visible = Visible(reference, METERS)
    before = visible.jnd(distorted)
    (gradient,) = torch.autograd.grad(before.sum(), distorted)

    after = visible.jnd((distorted - 0.004 * gradient.sign()).clamp(0, 1))

    assert (after < before).all()


def test_at_the_originals_and_on_flat_fields_the_gradient_is_finite(reference):
    for images in (reference, torch.zeros_like(reference), torch.ones_like(reference)):
        leaf = images.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(Visible(images, METERS).jnd(leaf).sum(), leaf)
        assert gradient.isfinite().all()


def test_a_meter_that_only_judges_is_refused(reference):
    with pytest.raises(SettingError, match="meters must be optimised ones, got iw-ssim"):
        Visible(reference, (Flip(), IwSsim()))


def test_windows_too_small_for_a_meter_are_refused(reference):
    with pytest.raises(ImageError, match="reference must be at least 256 x 256"):
        Visible(reference[..., :200], METERS)


def test_only_optimised_meters_with_a_narrow_band_steer():
    assert steering((*METERS, IwSsim())) == METERS[:2]
