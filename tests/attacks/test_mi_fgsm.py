import pytest
import torch
from oracles import Projection, TwoSidedPlane, lattice

from sublimen.attacks import Bim, Dodge, Linf, MiFgsm, Recognition, Untargeted
from sublimen.attacks.mi_fgsm import unit_mean
from sublimen.errors import SettingError


def test_without_decay_it_is_the_basic_iterative_method(generator):
    images = lattice(3, 3, 8, 8)
    model = Projection(torch.randn(2, 3, 8, 8, generator=generator))
    problem = Recognition(model, Dodge(model(images) + 0.1, threshold=9.0))
    bim = Bim(budget=Linf(6 / 255), steps=7, step_size=0.3)

    mi_fgsm = MiFgsm(budget=bim.budget, steps=7, step_size=0.3, decay=0)

    assert torch.equal(mi_fgsm(problem, images).images, bim(problem, images).images)


def test_a_steep_step_outweighs_a_shallow_one_back():
    # Left sample: slope +3 above 98 levels, -1 below. Right sample: slope +1 throughout.
    # Normalised gradients are (1.5, 0.5) and (-1, 1), so the left sample goes on; accumulated
    # signs would stop it.
    shown = []

    def model(images):
        shown.append((images.detach() * 255).flatten().tolist())
        left, right = (images * 255).flatten(1).unbind(dim=1)
        height = torch.where(left > 98, 3 * (left - 98), 98 - left) + right
        return torch.stack([height / 50, torch.zeros_like(height)], dim=1)

    images = torch.full((1, 1, 1, 2), 100 / 255)
    attack = MiFgsm(budget=Linf(20 / 255), steps=2, step_size=0.2)

    attack(Recognition(model, Untargeted(torch.tensor([0]))), images)

    assert shown[1] == pytest.approx([96, 96], abs=1e-3)
    assert shown[-1] == pytest.approx([92, 92], abs=1e-3)


def test_a_flat_step_does_not_freeze_it():
    plane = TwoSidedPlane(torch.ones(1, 2, 2), offset=-3.0)
    steps = []

    def model(images):
        steps.append(images.detach())
        return plane(images) * (0 if len(steps) == 1 else 1) + torch.tensor([9.0, 0.0])

    images = torch.full((1, 1, 2, 2), 0.5)
    MiFgsm(budget=Linf(8 / 255), steps=3)(Recognition(model, Untargeted(torch.tensor([0]))), images)

    assert torch.equal(steps[1], images)
    assert (steps[2] != images).all()


def test_the_mean_magnitude_of_a_normalised_gradient_is_one():
    gradient = torch.tensor([[[[1e-44, -3e-44]]], [[[0.0, 0.0]]]])

    unit = unit_mean(gradient)

    assert unit[0].abs().mean().item() == pytest.approx(1.0, rel=0.2)
    assert not unit[1].any()


@pytest.mark.parametrize("settings", [{"steps": 0}, {"step_size": 0.0}, {"decay": -0.1}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} must be"):
        MiFgsm(**settings)
