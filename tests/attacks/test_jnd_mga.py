import pytest
import torch
from oracles import Lowest, Scripted, TwoSidedPlane

from sublimen.attacks import JndMga, Recognition, Untargeted
from sublimen.attacks.jnd_mga import total_variation
from sublimen.errors import SettingError

BARE = {"magnitude": 0.0, "variation": 0.0, "bounds": 0.0}


def test_the_total_variation_is_the_sum_over_neighbours_down_and_across():
    images = torch.tensor([[0.0, 0.1], [0.3, 0.6]]).view(1, 1, 2, 2)

    # Down 0.3 and 0.5, across 0.1 and 0.3.
    assert total_variation(images).item() == pytest.approx(1.2)
    assert total_variation(torch.cat([images, 2 * images], dim=1)).item() == pytest.approx(3.6)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"magnitude": 3.0}, 3 * (0.25 + 0.01)),
        ({"variation": 2.0}, 2 * 1.6),
        ({"bounds": 10.0}, 10 * (0.09 + 0.09)),
    ],
)
def test_each_term_of_the_cost_is_a_sum_over_samples(settings, expected):
    candidates = torch.tensor([1.3, -0.3]).view(1, 1, 1, 2)
    images = torch.tensor([0.8, -0.2]).view(1, 1, 1, 2)

    penalty = JndMga(**{**BARE, **settings}).penalty(candidates, images)

    assert penalty.item() == pytest.approx(expected)


def test_the_sample_with_the_steepest_slope_moves_by_one_step():
    model = Scripted((4.0, -1.0), (0.001, 0.002))
    images = torch.full((1, 1, 1, 2), 100 / 255)
    attack = JndMga(**BARE, steps=2, step_size=2 / 255)

    attack(Recognition(model, Lowest()), images)

    assert model.levels == [[100, 100], [98, 100.5], [97, 98.5]]


def test_the_change_is_held_back_by_its_weight():
    # L falls by 1 for each unit, the penalty is c |z - x|^2: they balance at 1 / (2 c).
    images = torch.full((1, 1, 1, 1), 0.5)
    model = Scripted(*[(1.0,)] * 60)
    attack = JndMga(**{**BARE, "magnitude": 12.75}, steps=59, step_size=0.5 / 255)

    attack(Recognition(model, Lowest()), images)

    last = model.levels[-1][0]
    assert last == pytest.approx(127.5 - 255 / 25.5, abs=0.6)


@pytest.mark.parametrize(("bounds", "last"), [(0.0, 0.0), (500.0, 1.0)])
def test_what_leads_out_of_the_range_is_pulled_back(bounds, last):
    # Six quarters of a level down from black, then six up: unless it is pulled back on its way,
    # it ends where it began. The model is shown nothing below black.
    images = torch.zeros(1, 1, 1, 1)
    model = Scripted(*[(1.0,)] * 6, *[(-1.0,)] * 6)
    attack = JndMga(**{**BARE, "bounds": bounds}, steps=12)

    attack(Recognition(model, Lowest()), images)

    assert model.levels[:7] == [[0.0]] * 7
    assert model.levels[-1][0] >= last
    assert model.levels[-1][0] == pytest.approx(last, abs=0.3)


def test_it_stops_at_the_first_rounded_image_that_is_misread():
    # Quarters of a level from 100 to beyond 98.6: 98.5 is misread, and rounds to 98 as well.
    images = torch.full((1, 1, 1, 1), 100 / 255)
    plane = TwoSidedPlane(torch.ones(1, 1, 1), offset=98.6 / 255)

    outcome = JndMga(**BARE)(Recognition(plane, Untargeted(torch.tensor([0]))), images)

    assert (outcome.images * 255).round().item() == 98
    assert outcome.gradients.item() == 6


@pytest.mark.parametrize(
    "settings",
    [{"magnitude": -1.0}, {"variation": -1.0}, {"bounds": -1.0}, {"steps": 0}, {"step_size": 0.0}],
)
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} must be"):
        JndMga(**settings)
