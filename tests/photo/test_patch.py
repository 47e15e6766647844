import numpy as np
import pytest
import torch

from sublimen.photo.patch import GRID, Patch, fade
from sublimen.recognisers.face import Box

generator = np.random.default_rng(5)


def patch(height=20, width=24, allowance=4.0, base=None, original=None):
    if original is None:
        original = generator.integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Patch(
        Box(3, 5, 3 + width, 5 + height),
        original,
        original if base is None else base,
        torch.full((1, 3, height, width), allowance / 255),
    )


def test_no_perturbation_changes_nothing():
    small = patch()

    np.testing.assert_array_equal(small.compose(torch.zeros(1, 3, 20, 24)), small.original)


def test_at_the_photos_own_resolution_it_is_the_photo():
    small = patch()

    assert small.grid == (20, 24)
    np.testing.assert_array_equal(
        small.images[0].permute(1, 2, 0).mul(255).round().numpy(), small.original
    )
    torch.testing.assert_close(small.radius, small.allowance)


@pytest.mark.parametrize(
    ("allowed", "wanted", "moved"),
    [(4.0, 2.0, 2), (4.0, 9.0, 4), (2.6, 9.0, 2), (2.4, -9.0, -2), (0.4, 9.0, 0), (3.0, 2.5, 2)],
)
def test_a_change_is_rounded_but_never_beyond_its_allowance(allowed, wanted, moved):
    grey = np.full((20, 24, 3), 128, np.uint8)
    small = patch(allowance=allowed, original=grey)

    levels = small.compose(torch.full((1, 3, 20, 24), wanted / 255))

    assert np.unique(levels).tolist() == [128 + moved]


def test_black_and_white_do_not_wrap_round():
    half = np.zeros((20, 24, 3), np.uint8)
    half[:10] = 255

    levels = patch(original=half).compose(torch.full((1, 3, 20, 24), 3 / 255))

    assert np.unique(levels[:10]).tolist() == [255]
    assert np.unique(levels[10:]).tolist() == [3]


def test_the_allowance_is_counted_from_the_original_not_from_the_base():
    original = np.full((20, 24, 3), 100, np.uint8)
    small = patch(original=original, base=original + np.uint8(3))

    levels = small.compose(torch.full((1, 3, 20, 24), 3 / 255))

    assert np.unique(levels).tolist() == [104]


def test_the_change_of_a_perturbation_is_told_in_parts_of_levels():
    grey = np.full((640, 640, 3), 128, np.uint8)
    large = patch(original=grey, height=640, width=640)

    change = large.change(torch.full((1, 3, *large.grid), 1.25 / 255))

    np.testing.assert_allclose(change, np.full((640, 640, 3), 1.25), rtol=1e-5)


def test_a_large_region_is_searched_on_a_coarse_grid_and_changed_smoothly():
    large = patch(400, 600, original=np.full((400, 600, 3), 128, np.uint8), allowance=50)
    perturbation = torch.zeros(1, 3, *large.grid)
    perturbation[..., large.grid[1] // 2 :] = 40 / 255

    levels = large.compose(perturbation).astype(int)

    assert large.grid == (213, GRID)
    assert large.images.shape == (1, 3, 213, GRID)
    assert levels[:, :290].max() == 128
    assert levels[:, 310:].min() == 168
    assert np.abs(np.diff(levels, axis=1)).max() <= 22


def test_the_allowance_fades_out_at_the_rim():
    weights = fade(100, 200)[0, 0]

    assert weights[50, 100] == 1
    assert weights.min() >= 0
    assert weights[0].max() < 0.02
    assert weights[:, -1].max() < 0.02
    assert (weights[50, :8].diff() > 0).all()
    torch.testing.assert_close(weights, weights.flip(0, 1))
