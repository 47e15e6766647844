import pytest
import torch
from oracles import lattice

from sublimen.attacks.streams import streams
from sublimen.attacks.transformations import Brightness, Cropping, Downscaling, Jpeg, Noise
from sublimen.attacks.view import Draw
from sublimen.errors import SettingError
from sublimen.imaging.jpeg import jpeg
from sublimen.imaging.levels import from_bytes, to_bytes

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


def test_jpeg_is_that_of_pillow():
    images = lattice(2, 3, 24, 20)
    expected = torch.cat([from_bytes(jpeg(to_bytes(image), 60)) for image in images.chunk(2)])

    seen = Jpeg(least=60, most=60).see(images, draw(images))

    torch.testing.assert_close(seen, expected)


def test_qualities_are_drawn_from_the_least_to_the_most():
    images = lattice(40, 1, 16, 16)
    expected = {
        quality: torch.cat([from_bytes(jpeg(to_bytes(i), quality)) for i in images.chunk(40)])
        for quality in (30, 31, 32)
    }

    seen = Jpeg(least=30, most=32).see(images, draw(images))

    found = {
        quality: [torch.allclose(*pair, atol=1e-6) for pair in zip(seen, there, strict=True)]
        for quality, there in expected.items()
    }
    assert all(any(each) for each in zip(*found.values(), strict=True))
    assert all(any(rows) for rows in found.values())


@pytest.mark.parametrize("transform", [Downscaling(ratio=1.0), Cropping(ratio=1.0)])
def test_of_the_whole_size_nothing_changes(transform):
    images = lattice(3, 3, 9, 7)

    assert torch.equal(transform.see(images, draw(images)), images)


def test_downscaling_takes_the_finest_detail():
    stripes = (torch.arange(24) % 2).float().expand(40, 1, 24, 24).contiguous()
    chance = Draw(streams(lattice(40, 1, 4, 4), 0), stripes)

    seen = Downscaling(ratio=0.5).see(stripes, chance)

    assert (seen.std(dim=(1, 2, 3)) <= stripes[0].std() + 1e-6).all()
    assert seen.std(dim=(1, 2, 3)).mean() < 0.75 * stripes[0].std()
    torch.testing.assert_close(seen.mean(dim=(1, 2, 3)), torch.full((40,), 0.5), atol=0.05, rtol=0)


def test_cropping_shows_a_part_at_any_place():
    ramp = torch.linspace(0, 1, 20).expand(200, 1, 20, 20).contiguous()
    chance = Draw(streams(lattice(200, 1, 4, 4), 0), ramp)

    seen = Cropping(ratio=0.5).see(ramp, chance)

    range_ = seen[:, 0, 0, -1] - seen[:, 0, 0, 0]
    assert 0.45 <= range_.min().item() <= 0.55
    assert range_.max().item() <= 1
    assert (seen[:, 0, 0, 0] == 0).any()
    assert (seen[:, 0, 0, 0] > 0).float().mean().item() > 0.6
    assert seen[:, 0, 0, -1].max().item() == 1


def test_noise_is_normal_and_stays_in_the_range():
    grey, black = torch.full((1, 3, 40, 40), 0.5), torch.zeros(1, 3, 40, 40, requires_grad=True)

    change = Noise(sigma=0.05).see(grey, draw(grey)) - 0.5
    dark = Noise(sigma=0.05).see(black, draw(black))
    dark.sum().backward()

    assert change.std().item() == pytest.approx(0.05, rel=0.05)
    assert change.mean().item() == pytest.approx(0, abs=0.004)
    assert dark.min() == 0
    assert (black.grad == 1).all()


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
