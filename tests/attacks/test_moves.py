import pytest
import torch
from oracles import lattice

from sublimen.attacks.moves import Moves

GREY = torch.full((1, 1, 1, 4), 100 / 255)
EVEN = Moves.of(GREY, torch.ones_like(GREY))


def levels(candidates):
    return ((candidates - GREY) * 255).round().flatten().tolist()


def test_the_steepest_samples_move_first_and_against_their_slope():
    slopes = torch.tensor([5.0, -4.0, 1.0, 0.0]).view(1, 1, 1, 4)

    assert levels(EVEN.along(slopes, torch.tensor([1.0]))) == [-1, 0, 0, 0]
    assert levels(EVEN.along(slopes, torch.tensor([1.5]))) == [-1, 1, 0, 0]


def test_a_second_level_costs_three_times_the_first():
    # |v| / (2 m - 1): 7 and 7/3 for the first sample, 2 for the second, so the first moves twice
    # before the second moves at all, at a length of 2; then at sqrt(5) the second.
    slopes = torch.tensor([7.0, 2.0, 0.0, 0.0]).view(1, 1, 1, 4)

    assert levels(EVEN.along(slopes, torch.tensor([2.01]))) == [-2, 0, 0, 0]
    assert levels(EVEN.along(slopes, torch.tensor([2.24]))) == [-2, -1, 0, 0]


def test_what_costs_less_moves_before_what_is_steeper():
    weights = torch.tensor([4.0, 1.0, 4.0, 4.0]).view(1, 1, 1, 4)
    slopes = torch.tensor([3.0, 1.0, 0.0, 0.0]).view(1, 1, 1, 4)
    cheap = Moves.of(GREY, weights)

    # Costs relative to their mean 3.25: the second sample's move has the length sqrt(1 / 3.25).
    assert levels(cheap.along(slopes, torch.tensor([0.56]))) == [0, -1, 0, 0]


def test_no_change_of_the_same_length_goes_further_along_the_slopes(generator):
    images = torch.full((1, 1, 2, 2), 0.5)
    slopes = torch.randn(1, 1, 2, 2, generator=generator)
    moves = Moves.of(images, torch.rand(1, 1, 2, 2, generator=generator) + 0.2)

    found = moves.along(slopes, torch.tensor([2.5]))

    reach = torch.cartesian_prod(*[torch.arange(-3, 4) / 255] * 4).view(-1, 1, 2, 2)
    every = (images * 255).round() / 255 + reach
    fits = Moves(images.expand_as(every), moves.weights.expand_as(every)).length(every)
    gains = -(slopes * reach).flatten(1).sum(dim=1)
    gain = -(slopes * (found - (images * 255).round() / 255)).sum()
    assert moves.length(found) <= 2.5
    assert gain >= gains[fits <= moves.length(found) + 1e-6].max() - 1e-6


def test_it_stays_on_the_lattice_and_in_the_range():
    images = lattice(2, 3, 5, 5)
    slopes = torch.randn(2, 3, 5, 5, generator=torch.Generator().manual_seed(1))

    candidates = Moves.of(images, torch.ones_like(images)).along(slopes, torch.tensor([3.0, 90.0]))

    assert torch.equal((candidates * 255).round() / 255, candidates)
    assert 0 <= candidates.min()
    assert candidates.max() <= 1


def test_a_unit_slope_falls_by_one_along_its_best_change():
    slopes = torch.tensor([3.0, 4.0, 0.0, 0.0]).view(1, 1, 1, 4)

    unit, steepness = EVEN.unit(slopes)

    assert unit.flatten().tolist() == pytest.approx([0.6, 0.8, 0, 0])
    assert steepness.item() == pytest.approx(5 / 255)


def test_no_slope_is_no_move():
    nothing, steepness = EVEN.unit(torch.zeros_like(GREY))

    assert not nothing.any()
    assert steepness.item() == 0
    assert levels(EVEN.along(nothing, torch.tensor([9.0]))) == [0, 0, 0, 0]
