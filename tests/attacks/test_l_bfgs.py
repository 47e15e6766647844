import pytest
import torch
from oracles import TwoSidedPlane, lattice

from sublimen.attacks import LBfgs, Recognition, Targeted, Untargeted
from sublimen.errors import SettingError


def plane_at(images, distance):
    weights = torch.randn(images.shape[1:], generator=torch.Generator().manual_seed(4))
    plane = TwoSidedPlane(weights)
    plane.offset = plane.side(images) - distance * weights.norm()
    return plane


@pytest.mark.parametrize("goal", [Untargeted(torch.tensor([0])), Targeted(torch.tensor([1]))])
def test_on_a_plane_the_change_is_hardly_longer_than_the_way_there(goal):
    images = lattice(1, 1, 6, 6).clamp(0.3, 0.7).mul(255).round() / 255
    plane = plane_at(images, 60 / 255)

    outcome = LBfgs(searches=12)(Recognition(plane, goal), images)

    assert outcome.reached.all()
    assert 59.5 / 255 <= outcome.distance.item() <= 1.2 * 60 / 255


def test_it_ends_at_black_and_white():
    images = torch.tensor([0.0, 0.5, 1.0, 0.5]).view(1, 1, 2, 2)
    plane = TwoSidedPlane(torch.tensor([1.0, 1.0, -1.0, 1.0]).view(1, 2, 2))
    plane.offset = plane.side(images) - 0.4
    problem = Recognition(plane, Untargeted(torch.tensor([0])))

    outcome = LBfgs()(problem, images)

    assert outcome.reached.all()
    assert (outcome.images.flatten()[[0, 2]] == torch.tensor([0.0, 1.0])).all()


def test_each_evaluation_is_counted_for_its_image_alone():
    images = lattice(2, 1, 5, 5).clamp(0.3, 0.7).mul(255).round() / 255
    plane = plane_at(images, 30 / 255)
    shown = []

    def model(candidates):
        shown.append(len(candidates))
        return plane(candidates)

    plane.offset = plane.offset.min()
    outcome = LBfgs(searches=2, steps=5)(
        Recognition(model, Untargeted(torch.tensor([0, 0]))), images
    )

    assert (outcome.gradients[plane(images).argmax(dim=1) == 0] > 0).all()
    assert sum(shown) == (outcome.gradients + outcome.forwards).sum().item()


@pytest.mark.parametrize("settings", [{"searches": 0}, {"steps": 0}, {"weight": 0.0}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} must be"):
        LBfgs(**settings)
