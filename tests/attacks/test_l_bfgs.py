import pytest
import torch
from oracles import Lowest, TwoSidedPlane, lattice

from sublimen.attacks import LBfgs, Limits, Recognition, Targeted, Untargeted
from sublimen.errors import SettingError


def greys(count=2):
    drawn = torch.randint(90, 160, (count, 1, 4, 4), generator=torch.Generator().manual_seed(0))
    return drawn / 255


def test_on_a_plane_it_comes_close_to_the_least_change():
    images = greys()
    weights = torch.randn(1, 4, 4, generator=torch.Generator().manual_seed(1))
    plane = TwoSidedPlane(weights)
    least = 60 / 255
    plane.offset = plane.side(images).min().item() - least * weights.norm().item()
    expected = (plane.side(images) / weights.norm()).abs()

    outcome = LBfgs()(Recognition(plane, Targeted(torch.tensor([1, 1]))), images)

    assert outcome.reached.all()
    assert (outcome.distance >= expected - 1e-6).all()
    assert (outcome.distance <= 1.03 * expected + 1 / 255).all()
    change = (outcome.images - images).flatten(1)
    cosines = torch.cosine_similarity(change, -weights.flatten()[None], dim=1)
    assert (cosines > 0.99).all()


def test_with_a_linear_loss_it_ends_at_the_minimum_of_the_sum():
    # c w . z + |z - x|^2 is least at z = x - c w / 2.
    images = torch.full((1, 1, 1, 3), 0.5)
    weights = torch.tensor([1.0, 2.0, -3.0])
    seen = []

    def model(candidates):
        seen.append(candidates.detach().flatten())
        return candidates.flatten(1) @ weights[:, None]

    LBfgs(weight=0.1, searches=1)(Recognition(model, Lowest()), images)

    looks = torch.stack(seen)
    nearest = (looks - (0.5 - 0.05 * weights)).norm(dim=1).min()
    assert nearest < 1e-4
    assert looks[-1].mul(255).round().tolist() == [115, 102, 166]


def test_at_the_rim_of_the_range_the_others_have_to_move():
    # The first sample has room for 2 levels, worth 6 of 26.5; the second moves 21 alone.
    images = torch.tensor([2.0, 200.0]).view(1, 1, 1, 2) / 255
    plane = TwoSidedPlane(torch.tensor([3.0, 1.0]).view(1, 1, 2), offset=(206 - 26.5) / 255)

    outcome = LBfgs()(Recognition(plane, Untargeted(torch.tensor([0]))), images)

    first, second = (outcome.images * 255).flatten().round().tolist()
    assert outcome.reached.all()
    assert first == 0
    assert 178 <= second <= 179


def test_it_leaves_a_label():
    images = greys()
    plane = TwoSidedPlane(torch.ones(1, 4, 4))
    plane.offset = plane.side(images).min().item() - 0.5

    outcome = LBfgs()(Recognition(plane, Untargeted(torch.tensor([0, 0]))), images)

    assert outcome.reached.all()
    assert (plane.side(outcome.images) < 0).all()


def test_the_search_for_the_weight_brings_it_nearer():
    images = greys(1)
    plane = TwoSidedPlane(torch.ones(1, 4, 4))
    plane.offset = plane.side(images).item() - 0.5
    problem = Recognition(plane, Untargeted(torch.tensor([0])))

    # Every weight leads to the goal, so that the first minimum overshoots and later ones do less.
    once = LBfgs(weight=100.0, searches=1)(problem, images)
    often = LBfgs(weight=100.0, searches=12)(problem, images)

    assert once.reached.all()
    assert often.distance < once.distance


def test_a_weight_that_is_too_small_grows():
    images = greys(1)
    plane = TwoSidedPlane(torch.ones(1, 4, 4))
    plane.offset = plane.side(images).item() - 0.5
    problem = Recognition(plane, Untargeted(torch.tensor([0])))

    assert not LBfgs(weight=1e-4, searches=1)(problem, images).reached.any()
    assert LBfgs(weight=1e-4, searches=5)(problem, images).reached.all()


def test_each_evaluation_is_a_pass_for_one_image():
    images = lattice(3, 1, 4, 4)
    plane = TwoSidedPlane(torch.ones(1, 4, 4), offset=-50.0)

    LBfgs(searches=2, steps=3)(Recognition(plane, Untargeted(torch.zeros(3).long())), images)

    assert set(plane.shown) == {1}


def test_limits_hold():
    images = lattice(2, 1, 4, 4)
    plane = TwoSidedPlane(torch.ones(1, 4, 4), offset=-50.0)
    problem = Recognition(plane, Untargeted(torch.zeros(2).long()))

    outcome = LBfgs()(problem, images, limits=Limits(gradients=5))

    assert outcome.gradients.tolist() == [5, 5]


@pytest.mark.parametrize("settings", [{"searches": 0}, {"steps": 0}, {"weight": 0.0}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} must be"):
        LBfgs(**settings)
