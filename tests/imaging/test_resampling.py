import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch.nn.functional import interpolate

from sublimen.imaging.resampling import View, mirrored, placed, shown, shown_size


@pytest.fixture
def images(generator):
    return torch.rand(2, 3, 40, 50, generator=generator)


def whole(images, scale):
    return View(0, 0, shown_size(images.shape[3], scale), shown_size(images.shape[2], scale))


@pytest.mark.parametrize("scale", [0.25, 0.5, 2.0, 2.5])
def test_it_is_the_antialiased_bicubic_of_torch(images, scale):
    expected = interpolate(images, scale_factor=scale, mode="bicubic", antialias=True)

    found = shown(images, scale, whole(images, scale))

    torch.testing.assert_close(found, expected.clamp(0, 1), atol=1e-5, rtol=0)


def test_at_its_own_size_a_picture_is_itself(images):
    assert torch.equal(shown(images, 1.0, View(5, 3, 45, 33)), images[..., 3:33, 5:45])


@settings(max_examples=30, deadline=None)
@given(st.floats(0.2, 4.0), st.integers(0, 20), st.integers(1, 20))
def test_a_part_is_a_part_of_the_whole(scale, start, length):
    images = torch.rand(1, 1, 30, 30, generator=torch.Generator().manual_seed(3))
    size = shown_size(30, scale)
    start = min(start, size - 1)
    stop = min(start + length, size)

    part = shown(images, scale, View(start, start, stop, stop))

    everything = shown(images, scale, View(0, 0, size, size))
    torch.testing.assert_close(part, everything[..., start:stop, start:stop], atol=1e-6, rtol=0)


def test_beyond_the_rim_lies_the_mirrored_picture(images):
    wide = shown(images, 1.0, View(-50, -2, 100, 42))

    assert torch.equal(wide[..., 2:42, :50], images.flip(3))
    assert torch.equal(wide[..., 2:42, 100:], images.flip(3))
    assert torch.equal(wide[..., 0, 50:100], images[..., 1, :])


@settings(max_examples=50, deadline=None)
@given(st.integers(-1000, 1000), st.integers(1, 9))
def test_mirrored_places_lie_in_the_picture_and_neighbours_stay_neighbours(place, size):
    here, there = mirrored(torch.tensor([place, place + 1]), size).tolist()

    assert 0 <= here < size
    assert abs(here - there) <= 1


def test_there_is_a_gradient(images):
    leaf = images.clone().requires_grad_()

    (gradient,) = torch.autograd.grad(shown(leaf, 0.7, View(2, 2, 20, 20)).sum(), leaf)

    assert gradient.isfinite().all()
    assert gradient.abs().sum() > 0


@pytest.mark.parametrize("scale", [0.6, 1.0, 2.5])
def test_a_placed_change_is_the_shown_one_away_from_the_rim(images, scale):
    change = torch.zeros(1, 3, 40, 50)
    change[..., 12:30, 12:40] = images[:1, :, 12:30, 12:40] / 4
    grey = torch.full_like(change, 0.5)
    view = View(3, 2, int(50 * scale) - 2, int(40 * scale) - 3)
    size = (view.y1 - view.y0, view.x1 - view.x0)

    apart = placed(change, (scale, scale), (view.y0, view.x0), size)

    together = shown(grey + change, scale, view) - shown(grey, scale, view)
    torch.testing.assert_close(apart, together, atol=2e-6, rtol=0)


def test_beyond_a_changes_rim_lies_nothing(images):
    apart = placed(images[:1], (1.0, 1.0), (-5.0, -50.0), (10, 60))

    assert torch.equal(apart[..., :5, :], torch.zeros(1, 3, 5, 60))
    assert torch.equal(apart[..., 5:, :50], torch.zeros(1, 3, 5, 50))
    assert torch.allclose(apart[..., 5:, 50:], images[:1, :, :5, :10])


def test_a_change_on_a_grid_of_its_own_is_placed_by_half_pixels():
    step = torch.tensor([0.0, 1.0]).expand(1, 1, 1, 2)

    apart = placed(step, (1.0, 2.0), (0.0, 0.5), (1, 3))

    # Centres of the grid, and half way between them.
    assert torch.allclose(apart.flatten(), torch.tensor([0.0, 0.5625, 1.0]))
