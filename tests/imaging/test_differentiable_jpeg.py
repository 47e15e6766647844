import numpy as np
import pytest
import torch

from sublimen.errors import SettingError
from sublimen.imaging.differentiable_jpeg import jpeg_like
from sublimen.imaging.jpeg import jpeg
from sublimen.imaging.levels import from_bytes
from sublimen.imaging.quantisation import tables

QUALITIES = [60, 75, 90, 95]


def noise(height, width):
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)


def gradients(height, width):
    """A ramp down, one across, and both with a coarse check."""
    down, across = np.mgrid[:height, :width] / (height, width)[0]
    check = np.indices((height, width)).sum(axis=0) // 5 % 2
    planes = [255 * down, 255 - 90 * across, 100 * down + 90 * check]
    return np.stack(planes, axis=-1).clip(0, 255).astype(np.uint8)


PICTURES = {"noise": noise(83, 61), "gradients": gradients(66, 131)}


def differences(levels, quality, subsampling):
    """From what Pillow decodes, in levels, sample by sample."""
    ours = jpeg_like(from_bytes(levels), [quality], subsampling=subsampling)
    theirs = from_bytes(jpeg(levels, quality, subsampling=subsampling))
    return (ours - theirs).abs() * 255


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize("subsampling", [0, 2])
@pytest.mark.parametrize("name", PICTURES)
def test_decoded_samples_are_those_of_pillow(name, subsampling, quality):
    assert differences(PICTURES[name], quality, subsampling).max() < 0.01


@pytest.mark.parametrize("quality", [10, *QUALITIES, 100])
@pytest.mark.parametrize("subsampling", [0, 2])
def test_so_are_those_of_a_portrait_nearly_all_to_the_bit(astronaut, subsampling, quality):
    apart = differences(astronaut[20:231, 90:323], quality, subsampling)

    assert (apart > 0.01).float().mean() <= 1e-4
    assert apart.max() < 2.01


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize("name", PICTURES)
def test_so_are_those_of_grey_pictures(name, quality):
    grey = np.ascontiguousarray(PICTURES[name][..., :1])

    assert differences(grey, quality, 2).max() < 0.01


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (3, 5), (1, 17), (17, 4), (15, 16), (17, 33)])
@pytest.mark.parametrize("subsampling", [0, 2])
def test_so_are_those_of_the_smallest_and_oddest(size, subsampling):
    assert differences(noise(*size), 75, subsampling).max() < 0.01


def test_each_image_has_a_quality_of_its_own():
    levels = [noise(40, 24), gradients(40, 24), noise(40, 24)]
    images = torch.cat([from_bytes(each) for each in levels])

    seen = jpeg_like(images, torch.tensor([60, 95, 30]))

    alone = [jpeg_like(image, [q]) for image, q in zip(images.chunk(3), [60, 95, 30], strict=True)]
    assert torch.equal(seen, torch.cat(alone))


def test_pictures_between_levels_are_rounded_as_for_a_file():
    images = from_bytes(noise(24, 24))

    assert torch.equal(jpeg_like(images + 0.4 / 255, [80]), jpeg_like(images, [80]))


def slope(images, weights, **settings):
    images = images.clone().requires_grad_()
    (jpeg_like(images, [70], **settings) * weights).sum().backward()
    return images.grad


def test_straight_through_without_subsampling_is_the_slope_of_doing_nothing():
    images, weights = from_bytes(noise(32, 16)), torch.rand(1, 3, 32, 16)

    found = slope(images, weights, subsampling=0, slope="straight-through")

    torch.testing.assert_close(found, weights, atol=3e-3, rtol=0)


def test_with_subsampling_colours_of_neighbours_share_their_slope():
    weights = torch.zeros(1, 3, 32, 32)
    weights[0, :, 16, 16] = torch.tensor([0.0, 0.0, 1.0])

    found = slope(from_bytes(noise(32, 32)), weights, subsampling=2, slope="straight-through")

    # Luma passes as it is; blue is luma plus 1.772 Cb, whose own weight of blue is 1/2, of which
    # the nearest 2 x 2 samples share 9/16.
    own, neighbour = found[0, 2, 16, 16].item(), found[0, 2, 17, 17].item()
    assert own - neighbour == pytest.approx(0.114, abs=3e-3)
    assert neighbour == pytest.approx(1.772 * 0.5 * 9 / 16 / 4, abs=3e-3)


def test_a_soft_slope_is_that_of_the_cubic():
    # A grey block of level 128 + d has one coefficient, 8 d, in steps of the first entry.
    step = tables([70])[0, 0, 0, 0].item()
    weights = torch.full((1, 1, 8, 8), 1.0)
    for level in (3, 7, 12):
        flat = torch.full((1, 1, 8, 8), (128 + level) / 255)
        count = 8 * level / step

        found = slope(flat, weights, slope="soft")

        # Of the sum of all samples only this coefficient has a slope.
        assert found.mean().item() == pytest.approx(3 * (count - round(count)) ** 2, abs=2e-3)


def test_a_soft_slope_tells_what_jpeg_drops():
    images = torch.full((1, 1, 16, 16), 128 / 255)

    assert not slope(images, torch.rand(1, 1, 16, 16), slope="soft").any()
    assert slope(images, torch.rand(1, 1, 16, 16), slope="straight-through").all()


def test_the_mixed_slope_is_the_mean_of_the_others():
    images, weights = from_bytes(noise(24, 16)), torch.rand(1, 3, 24, 16)

    straight, soft, mixed = (
        slope(images, weights, slope=each) for each in ("straight-through", "soft", "mixed")
    )

    torch.testing.assert_close(mixed, (straight + soft) / 2)
    assert torch.equal(slope(images, weights), mixed)


@pytest.mark.parametrize("qualities", [[0], [101], [50, 60], []])
def test_qualities_that_are_none_are_refused(qualities):
    with pytest.raises(SettingError, match="qualities must be"):
        jpeg_like(from_bytes(noise(8, 8)), qualities)
