import pytest
import torch

from sublimen.imaging.resampling import View
from sublimen.visibility.suspects import Look
from sublimen.visibility.views import Place


def window(x, y, side=64, scale=1.0):
    return Place(scale, View(x, y, x + side, y + side))


GRID = [window(x, y) for y in (0, 64, 128) for x in (0, 64, 128)]


@pytest.fixture
def flat():
    return torch.full((1, 3, 192, 192), 0.5)


def test_few_windows_are_all_kept(flat):
    assert Look(flat, flat).worst(GRID, 9) == GRID


def test_the_windows_that_change_most_are_kept_in_their_order(flat):
    distorted = flat.clone()
    distorted[..., 130:180, 130:180] += 0.02
    distorted[..., 70:90, 10:30] += 0.01

    assert Look(flat, distorted).worst(GRID, 2) == [GRID[3], GRID[8]]


def test_the_same_change_counts_less_on_texture(flat, generator):
    reference = flat.clone()
    reference[..., 64:128, 64:128] += 0.4 * (torch.rand(64, 64, generator=generator) - 0.5)
    noise = 0.02 * (torch.rand(192, 192, generator=generator) - 0.5)

    values = [Look(reference, reference + noise).at(place) for place in GRID]

    assert min(values) == values[4]
    assert values[4] < values[0] / 3


def test_a_slow_change_counts_more_than_a_fast_one(flat):
    slow, fast = flat.clone(), flat.clone()
    slow[..., :64, :64] += 0.01
    fast[..., :64, :64] += 0.01 * ((torch.arange(64) + torch.arange(64)[:, None]) % 2 * 2 - 1)

    assert Look(flat, slow).at(GRID[0]) > 5 * Look(flat, fast).at(GRID[0])


def test_a_change_of_colour_counts(flat):
    distorted = flat.clone()
    distorted[:, 2, 130:180, 130:180] += 0.05

    assert Look(flat, distorted).worst(GRID, 1) == [GRID[8]]


def test_grey_photos_and_enlarged_windows_are_looked_at_too(flat):
    grey = flat[:, :1]
    distorted = grey.clone()
    distorted[..., 100, 100] += 0.1

    places = [window(0, 0, scale=4.0), window(384, 384, scale=4.0), window(500, 0, scale=4.0)]

    assert Look(grey, distorted).worst(places, 1) == [places[1]]
