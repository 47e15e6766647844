import pytest
import torch
from skimage.metrics import structural_similarity

from sublimen.errors import ImageError
from sublimen.imaging.colour import luma
from sublimen.imaging.levels import from_bytes
from sublimen.metrics import ssim, ssim_luma
from sublimen.metrics.ssim import similarity


def test_it_equals_scikit_image(astronaut, generator):
    reference = from_bytes(astronaut[40:140, 180:301]).double()
    noise = torch.randn(reference.shape, generator=generator, dtype=torch.float64) / 30
    distorted = (reference + noise).clamp(0, 1)

    value = ssim(reference, distorted).item()

    _, similarities = structural_similarity(
        reference[0].numpy(),
        distorted[0].numpy(),
        data_range=1,
        channel_axis=0,
        gaussian_weights=True,
        use_sample_covariance=False,
        full=True,
    )
    inside = similarities[:, 5:-5, 5:-5]
    assert value == pytest.approx(inside.mean(), abs=1e-9)
    torch.testing.assert_close(similarity(reference, distorted)[0], torch.from_numpy(inside))


def test_equal_images_give_one():
    images = torch.rand(2, 3, 16, 20, generator=torch.Generator().manual_seed(1))

    assert ssim(images, images).tolist() == pytest.approx([1, 1])


def test_flat_fields_differ_by_their_luminance_alone():
    # Variances are 0, so SSIM = (2ab + C1) / (a^2 + b^2 + C1).
    a, b = 0.25, 0.75
    expected = (2 * a * b + 0.0001) / (a**2 + b**2 + 0.0001)

    value = ssim(
        torch.full((1, 1, 12, 12), a, dtype=torch.float64),
        torch.full((1, 1, 12, 12), b, dtype=torch.float64),
    )

    assert value.item() == pytest.approx(expected)


def test_the_gradient_at_identity_is_finite():
    black = torch.zeros(1, 3, 12, 12)
    distorted = black.clone().requires_grad_()

    (gradient,) = torch.autograd.grad(ssim(black, distorted).sum(), distorted)

    assert gradient.isfinite().all()


def test_pictures_smaller_than_the_window_are_refused():
    with pytest.raises(ImageError, match="at least 11 x 11"):
        ssim(torch.zeros(1, 1, 10, 40), torch.zeros(1, 1, 10, 40))


def test_on_luma_it_is_that_of_luma(generator):
    one, other = torch.rand(2, 1, 3, 16, 20, generator=generator)

    assert ssim_luma(one, other).item() == pytest.approx(ssim(luma(one), luma(other)).item())
