import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from sublimen.imaging.levels import from_bytes, to_bytes, to_levels

PHOTOS = array_shapes(min_dims=2, max_dims=2, max_side=9).flatmap(
    lambda size: st.sampled_from([1, 3]).flatmap(
        lambda channels: arrays(np.uint8, (*size, channels))
    )
)


@settings(max_examples=50, deadline=None)
@given(PHOTOS)
def test_a_stored_photo_survives_the_round_trip(photo):
    images = from_bytes(photo)

    assert images.shape == (1, photo.shape[2], *photo.shape[:2])
    assert (to_bytes(images) == photo).all()
    assert torch.equal(to_levels(images), images)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_every_level_is_its_share_of_255_to_the_last_bit(dtype):
    every = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)

    images = from_bytes(every).to(torch.float32)

    assert images.dtype == torch.float32
    assert images.flatten().tolist() == [np.float32(k) / np.float32(255) for k in range(256)]
    exact = torch.arange(256, dtype=dtype) / 255
    assert torch.equal(to_levels(exact.view(1, 1, 16, 16)).flatten() * 255, torch.arange(256.0))


@settings(max_examples=50, deadline=None)
@given(st.floats(-2, 3))
def test_rounding_goes_to_the_nearest_level_within_the_range(value):
    rounded = to_levels(torch.full((1, 1, 1, 1), value, dtype=torch.float64)).item()

    assert 0 <= rounded <= 1
    assert abs(rounded - min(max(value, 0), 1)) <= 0.5 / 255 + 1e-12
    assert rounded * 255 == pytest.approx(round(rounded * 255), abs=1e-9)


@pytest.mark.parametrize(("value", "level"), [(0.4, 0), (0.6, 1), (0.5, 0), (1.5, 2), (254.6, 255)])
def test_nothing_is_cut_off_and_halves_go_to_the_even_level(value, level):
    image = torch.full((1, 3, 2, 2), value / 255, dtype=torch.float64)

    assert (to_bytes(image) == level).all()
    assert (to_levels(image) * 255).unique().tolist() == [level]


def test_rounding_twice_is_rounding_once(generator):
    images = torch.rand(2, 3, 8, 8, generator=generator)
    before = images.clone()

    once = to_levels(images)

    assert torch.equal(to_levels(once), once)
    assert torch.equal(images, before)


def test_channels_stand_where_they_belong():
    photo = np.zeros((2, 5, 3), np.uint8)
    photo[1, 4] = 10, 20, 30

    images = from_bytes(photo)

    assert (images[0, :, 1, 4] * 255).tolist() == [10, 20, 30]
    assert images.sum().item() * 255 == pytest.approx(60)


def test_what_is_stored_is_contiguous_and_does_not_share_memory(generator):
    images = torch.rand(1, 3, 4, 6, generator=generator, requires_grad=True)

    photo = to_bytes(images)

    assert photo.flags.c_contiguous
    assert photo.shape == (4, 6, 3)


def test_only_one_image_is_one_photo():
    with pytest.raises(ValueError, match="unpack"):
        to_bytes(torch.zeros(2, 3, 4, 4))
