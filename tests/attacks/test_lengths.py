import math

import pytest
import torch
from oracles import lattice

from sublimen.attacks.lengths import annealed, lengths, times, unit_length


def test_a_length_is_euclidean_or_of_the_order_asked_for():
    changes = torch.tensor([[[[3.0, -4.0]]], [[[0.0, 0.0]]]])

    assert lengths(changes).tolist() == [5.0, 0.0]
    assert lengths(changes, math.inf).tolist() == [4.0, 0.0]
    assert lengths(changes, 1.0).tolist() == [7.0, 0.0]


@pytest.mark.parametrize("size", [1e-36, 1.0, 1e30])
def test_a_gradient_gets_unit_length_however_flat_or_steep(size):
    gradient = size * torch.tensor([[[[3.0, -4.0]]]])

    torch.testing.assert_close(unit_length(gradient), torch.tensor([[[[0.6, -0.8]]]]))


def test_each_image_has_a_length_of_its_own_and_nothing_stays_nothing():
    gradient = lattice(3, 3, 4, 5) - 0.5
    gradient[1] = 0

    directions = unit_length(gradient)

    torch.testing.assert_close(lengths(directions), torch.tensor([1.0, 0.0, 1.0]))
    assert torch.equal(directions[2:], unit_length(gradient[2:]))


def test_each_image_is_multiplied_by_its_own_number():
    images = lattice(2, 3, 2, 2)

    doubled = times(images, torch.tensor([2.0, 0.0]))

    assert torch.equal(doubled[0], 2 * images[0])
    assert (doubled[1] == 0).all()


def test_annealing_starts_at_the_first_is_half_way_in_the_middle_and_would_end_at_the_last():
    assert annealed(0, 10, 3.0, 1.0) == 3.0
    assert annealed(5, 10, 3.0, 1.0) == pytest.approx(2.0)
    assert annealed(10, 10, 3.0, 1.0) == pytest.approx(1.0)
    assert annealed(1, 3, 1.0, 0.0) == pytest.approx(0.75)
