import pytest
import torch
from oracles import Lowest, Scripted, TwoSidedPlane, lattice

from sublimen.attacks import Mnd, Recognition, Untargeted
from sublimen.attacks.mnd import dissimilarity
from sublimen.errors import SettingError

BARE = {"magnitude": 0.0, "structure": 0.0, "slopes": 0.0}


def test_the_original_costs_nothing():
    images = lattice(2, 3, 12, 12)

    assert Mnd().penalty(images, images).abs().max() < 1e-5


def test_the_magnitude_is_the_mean_change():
    images = torch.full((1, 1, 2, 2), 0.5)
    candidates = images + torch.tensor([[0.1, -0.3], [0.0, 0.0]])

    penalty = Mnd(**{**BARE, "magnitude": 2.0}).penalty(candidates, images)

    assert penalty.item() == pytest.approx(0.2)


def test_slopes_are_those_of_the_change_per_pixel():
    # A change that rises by 0.01 a column: slope 0.01 across, half of it at the rim, none down.
    images = lattice(1, 1, 6, 6) / 2
    candidates = images + 0.01 * torch.arange(6.0)

    penalty = Mnd(**{**BARE, "slopes": 3.0}).penalty(candidates, images)

    assert penalty.item() == pytest.approx(3 * 0.01 * (4 + 2 * 0.5) / 6, rel=1e-3)


def test_structure_is_taken_at_every_pixel_up_to_the_rim():
    # Flat fields: SSIM = (2 a b + C1) / (a^2 + b^2 + C1) everywhere, with C1 = 1e-4.
    images = torch.full((1, 3, 4, 5), 0.4, dtype=torch.float64)
    candidates = torch.full((1, 3, 4, 5), 0.5, dtype=torch.float64)
    expected = 1 - (2 * 0.4 * 0.5 + 1e-4) / (0.4**2 + 0.5**2 + 1e-4)

    assert dissimilarity(candidates, images).item() == pytest.approx(expected)


def test_structure_does_not_depend_on_the_company():
    images, candidates = lattice(3, 1, 7, 9), lattice(3, 1, 7, 9, seed=1)

    together = dissimilarity(candidates, images)

    assert torch.equal(together[1:2], dissimilarity(candidates[1:2], images[1:2]))


def test_without_its_terms_it_descends_by_the_steepest_slope_and_stays_in_the_range():
    model = Scripted((4.0, -1.0), (0.001, 0.002))
    images = torch.tensor([1.0, 100.0]).view(1, 1, 1, 2) / 255

    Mnd(**BARE, steps=2, step_size=2 / 255, relaxations=0)(Recognition(model, Lowest()), images)

    assert model.levels == [[1, 100], [0, 100.5], [0, 98.5]]


def test_each_attempt_begins_at_the_original():
    model = Scripted(*[(1.0,)] * 9)
    images = torch.full((1, 1, 1, 1), 100 / 255)

    Mnd(**BARE, steps=2, relaxations=1)(Recognition(model, Lowest()), images)

    assert [level for (level,) in model.levels] == [100, 99, 98, 100, 99, 98]


def test_after_a_failure_the_weight_is_halved_and_it_begins_again():
    # Logits (s, -s) at s > 0: the slope of log p lies between 1 and 2, that of the penalty is 8,
    # 4, 2 and 1; so only the fourth attempt gets away from the original.
    images = torch.full((1, 1, 1, 1), 100 / 255)
    plane = TwoSidedPlane(torch.ones(1, 1, 1), offset=96.5 / 255)
    seen = []

    def model(candidates):
        seen.append(round(candidates.item() * 255, 2))
        return plane(candidates)

    problem = Recognition(model, Untargeted(torch.tensor([0])))
    attack = Mnd(**{**BARE, "magnitude": 8.0}, steps=8, relaxations=8)

    outcome = attack(problem, images)

    assert outcome.reached.all()
    assert (outcome.images * 255).round().item() == 96
    assert len([turn for turn in range(len(seen)) if seen[turn] == 100]) >= 4
    assert not Mnd(**{**BARE, "magnitude": 8.0}, steps=8, relaxations=2)(
        problem, images
    ).reached.any()


@pytest.mark.parametrize(
    "settings",
    [
        {"magnitude": -1.0},
        {"structure": -1.0},
        {"slopes": -1.0},
        {"steps": 0},
        {"relaxations": -1},
        {"step_size": 0.0},
    ],
)
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} must be"):
        Mnd(**settings)
