import numpy as np
import pytest
import torch
from PIL import Image

from sublimen.imaging.resizing import resized

RESAMPLERS = ["bilinear", "bicubic", "area"]


def pictures(*shape):
    return torch.rand(shape, generator=torch.Generator().manual_seed(2))


def pillow(plane, height, width, filter_):
    picture = Image.fromarray(plane.numpy())
    return torch.from_numpy(np.array(picture.resize((width, height), filter_)))


@pytest.mark.parametrize("resampler", RESAMPLERS)
def test_of_the_same_size_nothing_changes(resampler):
    images = pictures(2, 3, 9, 7)

    assert torch.equal(resized(images, 9, 7, resampler), images)


@pytest.mark.parametrize("resampler", RESAMPLERS)
@pytest.mark.parametrize("size", [(5, 13), (23, 21), (40, 60)])
def test_a_flat_picture_stays_flat(resampler, size):
    flat = torch.full((1, 1, 23, 31), 0.3)

    seen = resized(flat, *size, resampler)

    torch.testing.assert_close(seen, torch.full((1, 1, *size), 0.3))


@pytest.mark.parametrize("size", [(11, 17), (33, 50)])
def test_bicubic_is_that_of_pillow(size):
    images = pictures(1, 1, 23, 31)

    expected = pillow(images[0, 0], *size, Image.Resampling.BICUBIC)

    torch.testing.assert_close(resized(images, *size, "bicubic")[0, 0], expected)


def test_area_is_the_mean_of_what_is_covered():
    images = pictures(2, 3, 20, 31)

    # Pillow's box takes the same means where the ratio is whole.
    expected = pillow(images[1, 2], 5, 31, Image.Resampling.BOX)
    torch.testing.assert_close(resized(images, 5, 31, "area")[1, 2], expected)
    # Three samples on two: two thirds of the first and one of the second.
    ramp = torch.tensor([0.0, 0.3, 0.9]).view(1, 1, 1, 3)
    found = resized(ramp, 1, 2, "area").flatten().tolist()
    assert found == pytest.approx([0.1, 0.7])


def test_bilinear_takes_the_nearest_samples_only():
    ramp = torch.tensor([0.0, 1.0, 0.0, 0.0, 0.0, 0.0]).view(1, 1, 1, 6)

    assert resized(ramp, 1, 2).flatten().tolist() == [1, 0]
    assert resized(ramp, 1, 2, "area").flatten().tolist() == pytest.approx([1 / 3, 0])
