import numpy as np
import pytest
import torch
from oracles import lattice
from scipy import ndimage

from sublimen.attacks.streams import streams
from sublimen.attacks.transformations import (
    Brightness,
    Chained,
    Cropping,
    Downscaling,
    Jpeg,
    Mirrored,
    Noise,
    Smoothing,
)
from sublimen.attacks.view import Draw, View
from sublimen.errors import SettingError
from sublimen.imaging.jpeg import jpeg
from sublimen.imaging.levels import from_bytes, to_bytes

EVERY = [
    Jpeg(),
    Downscaling(),
    Downscaling(small=Jpeg()),
    Cropping(),
    Mirrored(probability=1.0),
    Chained(views=(Downscaling(), Jpeg())),
    Noise(),
    Brightness(),
    Smoothing(probability=1.0),
]


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


def test_brightness_is_one_number_for_an_image():
    images = lattice(1, 3, 6, 6).clamp(0.2, 0.7)

    ratio = Brightness(limit=0.2).see(images, draw(images)) / images

    assert ratio.min().item() == pytest.approx(ratio.max().item(), rel=1e-4)
    assert 0.8 <= ratio.mean().item() <= 1.2


def pillow(images, quality, subsampling):
    """Each image as Pillow reads it back."""
    decoded = [jpeg(to_bytes(image), quality, subsampling=subsampling) for image in images.split(1)]
    return torch.cat([from_bytes(each) for each in decoded])


@pytest.mark.parametrize("subsampling", [0, 2])
def test_jpeg_is_that_of_pillow(subsampling):
    images = lattice(2, 3, 24, 20)

    seen = Jpeg(least=60, most=60, subsamplings=(subsampling,)).see(images, draw(images))

    torch.testing.assert_close(seen, pillow(images, 60, subsampling))


def test_qualities_and_subsamplings_are_drawn_evenly_and_apart():
    images = lattice(60, 3, 16, 16)
    expected = {
        (quality, subsampling): pillow(images, quality, subsampling)
        for quality in (30, 31, 33)
        for subsampling in (0, 2)
    }

    seen = Jpeg(least=30, most=33).see(images, draw(images))

    # Scales of 30 to 33 are 166, 161, 156 and 151.
    count = {
        pair: sum(torch.allclose(*both, atol=1e-6) for both in zip(seen, there, strict=True))
        for pair, there in expected.items()
    }
    assert all(1 <= found <= 20 for found in count.values())
    assert 30 <= sum(count.values()) < 60


def test_jpeg_of_quality_100_is_nearly_nothing_and_a_low_one_much():
    images = lattice(1, 3, 40, 40)
    finest = Jpeg(least=100, most=100, subsamplings=(0,)).see(images, draw(images))
    coarse = Jpeg(least=30, most=30, subsamplings=(0,)).see(images, draw(images))

    assert (finest - images).abs().max() <= 3.01 / 255
    assert (coarse - images).abs().max() > 30 / 255


def test_the_slope_of_jpeg_is_the_one_asked_for():
    images = lattice(1, 3, 16, 16).requires_grad_()
    straight = Jpeg(least=60, most=60, subsamplings=(0,), slope="straight-through")

    (3 * straight.see(images, draw(images))).sum().backward()

    torch.testing.assert_close(images.grad, torch.full_like(images, 3.0), atol=0.01, rtol=0)


@pytest.mark.parametrize("transform", [Downscaling(ratio=1.0), Cropping(ratio=1.0)])
def test_of_the_whole_size_nothing_changes(transform):
    images = lattice(3, 3, 9, 7)

    assert torch.equal(transform.see(images, draw(images)), images)


@pytest.mark.parametrize(
    "transform",
    [
        *(Downscaling(ratio=0.3, resamplers=(each,)) for each in ("bilinear", "bicubic", "area")),
        Cropping(ratio=0.5),
        Mirrored(),
        Chained(views=(Mirrored(), Cropping(ratio=0.6), Downscaling(ratio=0.6))),
    ],
)
def test_a_slope_is_what_small_steps_find(transform):
    images = (0.25 + lattice(2, 1, 9, 8).double() / 2).requires_grad_()

    assert torch.autograd.gradcheck(lambda z: transform.see(z, draw(images, seed=5)), images)


def test_downscaling_draws_the_resampler():
    images = lattice(30, 3, 16, 16)
    each = [
        Downscaling(resamplers=(name,) * 3).see(images, draw(images))
        for name in ("bilinear", "bicubic", "area")
    ]

    seen = Downscaling().see(images, draw(images))

    found = [[torch.equal(*pair) for pair in zip(seen, there, strict=True)] for there in each]
    assert all(sum(rows) >= 4 for rows in found)
    assert all(any(each) for each in zip(*found, strict=True))


@pytest.mark.parametrize("name", ["bilinear", "bicubic", "area"])
def test_downscaled_pictures_stay_in_the_range(name):
    images = lattice(8, 3, 16, 16).round()

    seen = Downscaling(resamplers=(name,)).see(images, draw(images))

    assert seen.min() >= 0
    assert seen.max() <= 1


def test_what_happens_to_a_small_picture_happens_there():
    shapes = []

    class Shape(View):
        transparent = False

        def see(self, images, draw):
            shapes.append((tuple(images.shape), draw.uniform().shape))
            return 1 - images

    images = lattice(3, 3, 20, 40)
    plain = Downscaling(ratio=0.5, resamplers=("bilinear",)).see(images, draw(images))

    seen = Downscaling(ratio=0.5, resamplers=("bilinear",), small=Shape()).see(images, draw(images))

    torch.testing.assert_close(seen, 1 - plain)
    assert len(set(shapes)) == 3
    for (batch, channels, height, width), drawn in shapes:
        assert (batch, channels, *drawn) == (1, 3, 1)
        assert 10 <= height < 20
        assert abs(2 * height - width) <= 1


def test_jpeg_of_a_small_picture_takes_more_than_jpeg_of_a_whole_one():
    images = from_bytes(smooth_picture())
    small = Downscaling(ratio=0.5, small=Jpeg(least=60, most=60))
    later = Chained(views=(Downscaling(ratio=0.5), Jpeg(least=60, most=60)))

    apart = [(view.see(images, draw(images)) - images).square().mean() for view in (small, later)]

    assert apart[0] > apart[1]


def smooth_picture():
    """Waves of a few pixels' length."""
    down, across = np.mgrid[:64, :64] / 64
    waves = [np.sin(40 * down + 9 * across), np.sin(50 * across), np.sin(30 * (down - across))]
    return (128 + 100 * np.stack(waves, axis=-1)).astype(np.uint8)


def test_about_as_many_as_said_are_mirrored():
    images = lattice(200, 1, 3, 4)

    seen = Mirrored(probability=0.25).see(images, draw(images))

    turned = [torch.equal(new, old.flip(2)) for new, old in zip(seen, images, strict=True)]
    kept = [torch.equal(new, old) for new, old in zip(seen, images, strict=True)]
    assert 30 <= sum(turned) <= 70
    assert sum(turned) + sum(kept) == 200
    assert torch.equal(Mirrored(probability=1.0).see(images, draw(images)), images.flip(3))


def test_smoothing_is_a_mean_by_a_gaussian_mirrored_at_the_rim():
    images = lattice(1, 3, 12, 16).double()
    kernel = np.exp(-0.5 * (np.arange(-3, 4) / 2.0) ** 2)
    kernel /= kernel.sum()
    expected = images.numpy()
    for axis in (2, 3):
        expected = ndimage.correlate1d(expected, kernel, axis=axis, mode="mirror")

    seen = Smoothing(probability=1.0, sigma=2.0).see(images, draw(images))

    np.testing.assert_allclose(seen.numpy(), expected, rtol=0, atol=1e-12)


def test_one_picture_in_so_many_is_smoothed():
    images = lattice(200, 1, 8, 8)

    seen = Smoothing(probability=0.25).see(images, draw(images))

    assert 30 <= (seen != images).any(dim=(1, 2, 3)).sum() <= 70


def test_a_chain_is_one_after_the_other():
    images = lattice(2, 3, 16, 16)
    chance = draw(images)
    expected = Noise().see(Brightness().see(images, chance), chance)

    seen = Chained(views=(Brightness(), Noise())).see(images, draw(images))

    assert torch.equal(seen, expected)


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
        lambda: Jpeg(subsamplings=()),
        lambda: Downscaling(ratio=0.0),
        lambda: Mirrored(probability=0.0),
        lambda: Chained(views=()),
        lambda: Cropping(ratio=1.5),
        lambda: Noise(sigma=0.0),
        lambda: Brightness(limit=0.0),
    ],
)
def test_settings_out_of_range_are_refused(make):
    with pytest.raises(SettingError, match=r"must (be|hold)"):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Jpeg(subsamplings=(1,)),
        lambda: Jpeg(slope="hard"),
        lambda: Downscaling(resamplers=("nearest",)),
    ],
)
@pytest.mark.usefixtures("as_users_run_it")
def test_choices_that_are_not_known_are_refused(make):
    with pytest.raises(SettingError, match="must be one or more of"):
        make()
