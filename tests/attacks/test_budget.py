import math

import pytest
import torch
from hypothesis import given, settings, strategies as st
from oracles import Ramp, lattice

from sublimen.attacks import JndBox, Linf, Radius
from sublimen.attacks.budget import project, whole_levels
from sublimen.errors import ImageError, SettingError
from sublimen.imaging.levels import to_levels


def levels(values):
    return (values * 255).flatten().tolist()


def test_a_distance_of_whole_levels_is_not_shortened_by_its_arithmetic():
    black = torch.zeros(1, 1, 1, 1)

    radii = [levels(Linf(number / 255).radius(black))[0] for number in range(1, 256)]

    assert radii == pytest.approx(list(range(1, 256)), abs=1e-3)


def test_parts_of_a_level_are_not_used():
    radius = Linf(2.9 / 255).radius(torch.zeros(1, 3, 1, 1))

    assert levels(radius) == pytest.approx([2, 2, 2])


def test_the_jnd_box_follows_the_map_and_the_limit():
    # J = 3 levels in the black and 13 in the white.
    images = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2)

    assert levels(JndBox(Ramp()).radius(images)) == pytest.approx([3, 13])
    assert levels(JndBox(Ramp(), limit=0.5).radius(images)) == pytest.approx([1, 6])
    assert levels(JndBox(Ramp(), limit=0.3).radius(images)) == pytest.approx([0, 3])


def test_a_ready_map_is_taken_as_it_is():
    values = torch.tensor([0.0, 0.0123]).view(1, 1, 1, 2)

    assert torch.equal(Radius(values).radius(torch.zeros_like(values)), values)


@pytest.mark.parametrize("epsilon", [0.0, -0.1, 8.0, math.nan, 0.9 / 255])
def test_a_distance_that_cannot_be_meant_is_refused(epsilon):
    with pytest.raises(SettingError, match="epsilon must be"):
        Linf(epsilon)


@pytest.mark.parametrize("limit", [0.0, -1.0, math.inf, math.nan])
def test_a_limit_that_cannot_be_meant_is_refused(limit):
    with pytest.raises(SettingError, match="limit must be above 0"):
        JndBox(Ramp(), limit=limit)


@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf])
def test_a_map_that_cannot_be_meant_is_refused(value):
    with pytest.raises(ImageError, match="radius must be at least 0 and finite"):
        Radius(torch.full((1, 1, 2, 2), value))


def test_a_map_of_another_size_is_refused():
    with pytest.raises(ImageError, match="radius must have the shape of the images"):
        Radius(torch.zeros(1, 1, 2, 2)).radius(torch.zeros(1, 3, 2, 2))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(1 / 255, 0.5))
def test_projecting_leads_into_the_box_and_twice_is_once(seed, epsilon):
    images = lattice(2, 1, 3, 3, seed=seed)
    candidates = images + torch.randn(2, 1, 3, 3, generator=torch.Generator().manual_seed(seed))
    radius = Linf(epsilon).radius(images)

    inside = project(candidates, images, radius)

    assert ((inside - images).abs() <= radius + 1e-6).all()
    assert ((inside >= 0) & (inside <= 1)).all()
    assert torch.equal(project(inside, images, radius), inside)
    assert ((to_levels(inside) - images).abs() <= radius + 1e-6).all()


def test_projecting_moves_no_sample_that_is_inside():
    images = torch.tensor([0.0, 0.5, 1.0]).view(1, 1, 1, 3)
    radius = torch.full_like(images, 0.1)
    candidates = torch.tensor([-0.05, 0.45, 1.2]).view(1, 1, 1, 3)

    assert project(candidates, images, radius).flatten().tolist() == pytest.approx([0, 0.45, 1])


def test_whole_levels_of_less_than_a_level_are_none():
    assert whole_levels(torch.full((1, 1, 1, 1), 0.99 / 255)).item() == 0
