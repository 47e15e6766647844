import pytest
import torch
from oracles import Lowest, Scripted, TwoSidedPlane

from sublimen.attacks import PgdL2, Recognition
from sublimen.attacks.pgd_l2 import largest_rounded
from sublimen.errors import SettingError


def out_of_reach(epsilon, *, steps=10):
    """The change of a grey image by a plane that cannot be crossed, and its normal."""
    weights = torch.randn(3, 16, 16, generator=torch.Generator().manual_seed(2))
    images = torch.full((1, 3, 16, 16), 128 / 255)
    plane = TwoSidedPlane(weights, offset=-1000.0)
    attack = PgdL2(epsilon=epsilon, steps=steps, random_start=False)

    outcome = attack(Recognition(plane, Lowest()), images)

    return (outcome.images - images).flatten(), weights.flatten()


def test_on_a_plane_it_goes_along_the_normal_to_the_rim_of_the_ball():
    change, normal = out_of_reach(2.0)

    assert change.norm() <= 2.0
    assert change.norm() > 1.99
    assert torch.cosine_similarity(change, -normal, dim=0) > 0.998


@pytest.mark.parametrize(("epsilon", "least"), [(0.02, 0.4), (0.05, 0.9), (0.1, 0.9), (0.2, 0.9)])
def test_what_is_published_lies_in_the_ball_although_it_is_rounded(epsilon, least):
    # From 0.2 to 1.9 levels a sample: simple rounding would leave the ball, or leave little.
    change, normal = out_of_reach(epsilon)

    assert change.norm() <= epsilon
    assert change.norm() > least * epsilon
    assert change @ normal < 0


def test_of_a_change_as_much_is_published_as_the_ball_has_room_for():
    images = torch.full((3, 1, 1, 3), 100 / 255)
    change = torch.tensor([2.4, 1.4, 0.6]).view(1, 1, 1, 3).expand(3, -1, -1, -1) / 255

    def moved(epsilon):
        return ((largest_rounded(change, images, epsilon / 255) - images)[1] * 255).round()

    assert moved(2.46).flatten().tolist() == [2, 1, 1]
    assert moved(2.30).flatten().tolist() == [2, 1, 0]
    assert moved(9.00).flatten().tolist() == [2, 1, 1]
    assert moved(0.90).flatten().tolist() == [0, 0, 0]


def test_steps_below_half_a_level_add_up():
    # Steps of 0.4 levels: 0.4, 0.8, 1.2, 1.6.
    model = Scripted(*[(1.0,)] * 5)
    images = torch.full((1, 1, 1, 1), 100 / 255)
    attack = PgdL2(epsilon=5 / 255, steps=4, step_size=0.08, random_start=False)

    attack(Recognition(model, Lowest()), images)

    assert model.levels == [[100], [100], [99], [99], [98]]


def test_the_length_of_a_step_is_a_fraction_of_the_radius_whatever_the_slope():
    # A step of 10 levels along (3, -4) / 5, projected to 15 of them along both.
    model = Scripted((300.0, -400.0), (0.003, -0.004))
    images = torch.full((1, 1, 1, 2), 100 / 255)
    attack = PgdL2(epsilon=15 / 255, steps=2, step_size=2 / 3, random_start=False)

    attack(Recognition(model, Lowest()), images)

    assert model.levels == [[100, 100], [94, 108], [91, 112]]


def test_what_lies_beyond_the_ball_is_forgotten():
    # Steps of 2 levels, held at 5; a turn leads back from there, not from 8.
    model = Scripted(*[(1.0,)] * 4, (-1.0,))
    images = torch.full((1, 1, 1, 1), 100 / 255)
    attack = PgdL2(epsilon=5.2 / 255, steps=5, step_size=2 / 5.2, random_start=False)

    attack(Recognition(model, Lowest()), images)

    assert model.levels == [[100], [98], [96], [95], [95], [97]]


def test_the_radius_of_the_start_is_drawn_evenly():
    # Four hundred images, each with a stream of its own.
    images = torch.full((400, 1, 4, 4), 100 / 255)
    images[:, 0, 0, 0] += torch.arange(400).remainder(20) / 255
    images[:, 0, 0, 1] += torch.arange(400).div(20, rounding_mode="floor") / 255
    seen = []

    def model(candidates):
        seen.append(candidates.detach())
        return candidates.flatten(1)[:, :1]

    PgdL2(epsilon=0.5, steps=1)(Recognition(model, Lowest()), images)

    change = (seen[1] - images).flatten(1)
    radii = change.norm(dim=1)
    assert torch.equal(seen[0], images)
    assert radii.max() <= 0.5
    assert radii.max() > 0.48
    for share in (0.25, 0.5, 0.75):
        assert (radii < share * 0.5).float().mean().item() == pytest.approx(share, abs=0.07)
    directions = (change / radii[:, None])[radii > 0.1]
    assert directions.mean(dim=0).abs().max() < 0.06


def test_other_seeds_start_elsewhere():
    images = torch.full((1, 3, 8, 8), 0.5)
    plane = TwoSidedPlane(torch.ones(3, 8, 8), offset=-1000.0)
    problem = Recognition(plane, Lowest())

    def run(seed):
        return PgdL2(epsilon=0.5, steps=1)(problem, images, seed=seed).images

    assert torch.equal(run(0), run(0))
    assert not torch.equal(run(0), run(1))


@pytest.mark.parametrize(
    "settings", [{"epsilon": 0.001}, {"epsilon": 0.0}, {"steps": 0}, {"step_size": 1.1}]
)
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} must be"):
        PgdL2(**settings)
