import pytest
import torch
from oracles import lattice

from sublimen.attacks.streams import streams
from sublimen.attacks.transformations import Brightness, Cropping, Downscaling, Jpeg, Noise
from sublimen.attacks.view import Draw
from sublimen.errors import SettingError

EVERY = [Jpeg(), Downscaling(), Cropping(), Noise(), Brightness()]


def draw(images, seed=0):
    return Draw(streams(images.detach(), seed), images)


@pytest.mark.parametrize("transform", EVERY)
def test_it_changes_the_picture_and_keeps_its_size_and_has_a_slope(transform):
    images = lattice(2, 3, 24, 20).requires_grad_()

    seen = transform.see(images, draw(images))
    seen.sum().backward()

    assert seen.shape == images.shape
    assert not torch.equal(seen, images)
    assert images.grad.isfinite().all()
    assert (images.grad != 0).any()


@pytest.mark.parametrize("transform", EVERY)
def test_company_does_not_matter(transform):
    images = lattice(3, 3, 24, 20)

    together = transform.see(images, draw(images))

    alone = images[1:2]
    torch.testing.assert_close(transform.see(alone, draw(alone)), together[1:2])


def test_the_slope_of_jpeg_is_that_of_doing_nothing():
    images = lattice(1, 3, 16, 16).requires_grad_()

    (3 * Jpeg(least=60, most=60).see(images, draw(images))).sum().backward()

    assert (images.grad == 3).all()


def test_brightness_is_one_number_for_an_image():
    images = lattice(1, 3, 6, 6).clamp(0.2, 0.7)

    ratio = Brightness(limit=0.2).see(images, draw(images)) / images

    assert ratio.min().item() == pytest.approx(ratio.max().item(), rel=1e-4)
    assert 0.8 <= ratio.mean().item() <= 1.2


@pytest.mark.parametrize(
    "make",
    [
        lambda: Jpeg(least=0),
        lambda: Jpeg(least=90, most=80),
        lambda: Downscaling(ratio=0.0),
        lambda: Cropping(ratio=1.5),
        lambda: Noise(sigma=0.0),
        lambda: Brightness(limit=0.0),
    ],
)
def test_settings_out_of_range_are_refused(make):
    with pytest.raises(SettingError, match="must be"):
        make()
