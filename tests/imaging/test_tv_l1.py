from fractions import Fraction
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from sublimen.imaging import tv_l1 as solver
from sublimen.imaging.tv_l1 import certain, rectangles, tv_l1
from tests.jnd.oracles_liu import energy, least_energy

LAMBDA = Fraction(4, 5)


def planes(*arrays, dtype=torch.float64):
    return torch.from_numpy(np.stack(arrays)).to(dtype)[:, None]


def structure(picture, fidelity=LAMBDA):
    return tv_l1(planes(picture.astype(float)), fidelity)[0, 0].numpy()


def with_square(side, *, inside=200.0, outside=50.0):
    picture = np.full((24, 27), outside)
    picture[7 : 7 + side, 9 : 9 + side] = inside
    return picture


@pytest.mark.parametrize("side", range(1, 11))
def test_a_square_vanishes_where_its_outline_costs_more_than_its_area(side):
    picture = with_square(side)

    found = structure(picture)

    # 4 s against 0.8 s^2; at a side of 5 both cost the same and the larger picture is taken.
    assert (found == (picture if side >= 5 else 50)).all()


@pytest.mark.parametrize("side", range(1, 11))
def test_a_hole_is_filled_where_its_outline_costs_more_or_as_much(side):
    picture = with_square(side, inside=50.0, outside=200.0)

    found = structure(picture)

    assert (found == (picture if side > 5 else 200)).all()


@pytest.mark.parametrize(("fidelity", "least"), [(Fraction(1, 2), 8), (Fraction(3, 2), 3)])
def test_the_least_side_that_stays_is_four_over_lambda(fidelity, least):
    for side in (least - 1, least):
        picture = with_square(side)

        assert (structure(picture, fidelity) == (picture if side == least else 50)).all()


@pytest.mark.parametrize("side", range(1, 6))
def test_in_a_corner_two_sides_cost_nothing(side):
    picture = np.zeros((20, 20))
    picture[:side, -side:] = 90

    found = structure(picture)

    # 2 s against 0.8 s^2.
    assert (found == (picture if side >= 3 else 0)).all()


def test_a_line_vanishes_unless_it_is_wider_than_two_over_lambda():
    lines = np.zeros((40, 30))
    lines[:, 4:6] = 100
    lines[:, 15:18] = 100

    found = structure(lines)

    # From rim to rim the outline is twice the height, the area the width times the height.
    assert (found[:, :10] == 0).all()
    assert (found[:, 10:] == lines[:, 10:]).all()


def test_a_slanted_edge_stays_but_for_one_pixel_at_the_rim():
    diagonal = np.tri(20)

    found = structure(diagonal)

    # Steps inside cost what they span. At the rim one pixel more saves 1 and costs 0.8, one pixel
    # less as well; the larger picture is taken.
    diagonal[0, 1] = diagonal[18, 19] = 1
    assert (found == diagonal).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (16, 16)])
def test_a_flat_plane_stays(shape):
    flat = np.full(shape, 77.7)

    assert (structure(flat) == flat).all()


@pytest.mark.parametrize("fidelity", [Fraction(4, 5), Fraction(1, 3), Fraction(5, 2), Fraction(4)])
def test_no_set_of_pixels_has_less_energy_and_none_that_has_as_little_is_larger(fidelity):
    every = np.array(list(product([0.0, 1.0], repeat=12))).reshape(-1, 3, 4)
    outlines = sum(np.abs(np.diff(every, axis=k)).sum(axis=(1, 2)) for k in (1, 2))
    some = np.random.default_rng(0).choice(len(every), 40, replace=False)

    found = tv_l1(planes(*every[some]), fidelity)[:, 0].numpy()

    for picture, result in zip(every[some], found, strict=True):
        energies = outlines + float(fidelity) * np.abs(every - picture).sum(axis=(1, 2))
        best = every[energies < energies.min() + 1e-9]
        assert (best == result).all(axis=(1, 2)).any()
        assert (best <= result).all()


@settings(max_examples=60, deadline=None)
@given(picture=arrays(np.int64, (9, 11), elements=st.integers(0, 12)))
def test_the_energy_is_the_sum_of_one_minimum_cut_for_each_level(picture):
    found = structure(picture)

    assert energy(found, picture) == pytest.approx(least_energy(picture))


def test_the_energy_is_that_of_one_cut_for_each_level_on_a_photo(astronaut):
    picture = astronaut[100:164, 200:280, 1]

    found = structure(picture)

    assert energy(found, picture) == pytest.approx(least_energy(picture), rel=1e-12)
    assert energy(found, picture) < 0.8 * energy(picture, picture)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_an_increasing_map_of_the_values_maps_the_structure_to_the_last_bit(astronaut, dtype):
    plane = planes(astronaut[60:120, 160:230, 0] / 255, dtype=dtype)

    found = tv_l1(plane, LAMBDA)

    assert torch.equal(tv_l1(plane.exp(), LAMBDA), found.exp())
    assert np.isin(found.numpy(), plane.numpy()).all()
    assert found.dtype == dtype


def test_the_negative_of_a_negative_has_the_same_energy_and_is_the_smallest(astronaut):
    picture = astronaut[60:110, 160:230, 0].astype(float)

    largest, smallest = structure(picture), -structure(-picture)

    assert energy(smallest, picture) == pytest.approx(energy(largest, picture))
    assert (smallest <= largest).all()
    assert (smallest < largest).mean() > 0.03


@pytest.mark.parametrize("axes", [(0,), (1,), (0, 1)])
def test_a_mirrored_plane_has_a_mirrored_structure(astronaut, axes):
    picture = astronaut[60:110, 160:230, 0]

    assert (structure(np.flip(picture, axes)) == np.flip(structure(picture), axes)).all()


@pytest.mark.parametrize(
    ("name", "size"), [("BUNDLE", 20), ("BUNDLE", 10**9), ("LARGE", 10), ("LARGE", 1500)]
)
def test_how_the_work_is_divided_does_not_matter(astronaut, monkeypatch, name, size):
    picture = astronaut[60:110, 160:230, 0]
    expected = structure(picture)

    monkeypatch.setattr(solver, name, size)

    assert (structure(picture) == expected).all()


def test_a_batch_gives_what_its_planes_give_one_by_one(generator):
    noise = torch.rand(3, 1, 20, 24, generator=generator)
    before = noise.clone()

    together = tv_l1(noise, LAMBDA)

    assert torch.equal(together, torch.cat([tv_l1(plane[None], LAMBDA) for plane in noise]))
    assert torch.equal(noise, before)


@settings(max_examples=40, deadline=None)
@given(
    picture=arrays(np.int32, (12, 19), elements=st.integers(0, 3)),
    fidelity=st.sampled_from([Fraction(4, 5), Fraction(3, 2), Fraction(3)]),
)
def test_the_structure_lies_between_the_opened_and_the_closed_picture(picture, fidelity):
    least, most = certain(picture, fidelity)

    assert (least <= picture).all()
    assert (picture <= most).all()
    # What is certain holds without being made so.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solver, "rectangles", lambda _: iter(()))
        free = structure(picture, fidelity)
    assert (least <= free).all()
    assert (free <= most).all()
    assert (structure(picture, fidelity) == free).all()


@pytest.mark.parametrize("fidelity", [Fraction(1, 3), Fraction(4, 5), Fraction(1), Fraction(5)])
def test_certain_rectangles_are_the_smallest(fidelity):
    def stays(a, b):
        return fidelity * a * b > 2 * (a + b)

    found = list(rectangles(fidelity))

    assert found
    assert all(stays(a, b) for a, b in found)
    assert not any(stays(a, b - 1) and stays(a - 1, b) for a, b in found)
    assert not any(stays(min(a, b), max(a, b) - 1) for a, b in found)
    assert len(set(found)) == len(found)
