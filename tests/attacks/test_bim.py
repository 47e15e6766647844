import pytest
import torch
from oracles import Ramp, TwoSidedPlane, lattice

from sublimen.attacks import Bim, Fgsm, JndBox, Linf, Recognition, Untargeted
from sublimen.errors import SettingError


@pytest.mark.parametrize("budget", [Linf(3 / 255), JndBox(Ramp())])
def test_one_full_step_is_the_fast_gradient_sign_method(budget, generator):
    images = lattice(3, 3, 8, 8)
    plane = TwoSidedPlane(torch.randn(3, 8, 8, generator=generator), offset=-4.0)
    problem = Recognition(plane, Untargeted(plane(images).argmax(dim=1)))

    bim = Bim(budget=budget, steps=1, step_size=1.0)(problem, images)
    fgsm = Fgsm(budget=budget)(problem, images)

    assert torch.equal(bim.images, fgsm.images)
    assert torch.equal(bim.reached, fgsm.reached)
    assert torch.equal(bim.gradients, fgsm.gradients)


def test_the_gradient_is_taken_anew_at_each_step():
    # From 100 by steps of 2 levels: 102, 104, 102, ... as the slope turns at 103. A gradient kept
    # from the start would lead to 108.
    images = torch.full((1, 1, 1, 1), 100 / 255)
    points = []

    def model(candidates):
        points.append(round(candidates.item() * 255))
        distance = (candidates.flatten(1) * 255 - 103).abs()
        return torch.cat([2 + distance, torch.zeros_like(distance)], dim=1)

    Bim(budget=Linf(10 / 255), steps=4, step_size=0.2)(
        Recognition(model, Untargeted(torch.tensor([0]))), images
    )

    assert points == [100, 102, 104, 102, 104, 104]


def test_it_stays_in_the_box_at_every_step():
    images = lattice(1, 1, 4, 4)
    seen = []

    def model(candidates):
        seen.append(candidates.detach())
        return torch.stack([candidates.flatten(1).mean(dim=1) + 3, torch.zeros(1)], dim=1)

    Bim(budget=Linf(5 / 255), steps=9, step_size=0.5)(
        Recognition(model, Untargeted(torch.tensor([0]))), images
    )

    for candidates in seen:
        assert ((candidates - images).abs() <= 5 / 255 + 1e-6).all()
        assert ((candidates >= 0) & (candidates <= 1)).all()
    torch.testing.assert_close(seen[-1], (images - 5 / 255).clamp(min=0))


@pytest.mark.parametrize("settings", [{"steps": 0}, {"step_size": 0.0}, {"step_size": 1.1}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} must be"):
        Bim(**settings)
