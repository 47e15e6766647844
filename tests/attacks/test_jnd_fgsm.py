import pytest
import torch
from oracles import Lowest, Ramp, TwoSidedPlane, lattice

from sublimen.attacks import Fgsm, JndFgsm, Linf, Recognition
from sublimen.attacks.jnd_fgsm import normalised
from sublimen.errors import SettingError

PROPORTIONAL = Ramp(floor=0.0, slope=0.1)


def away(weights):
    plane = TwoSidedPlane(weights, offset=-1000.0)
    return Recognition(plane, Lowest())


@pytest.mark.parametrize(("by", "moved"), [("mean", (4, 12, 8, 8)), ("max", (3, 8, 8, 8))])
def test_samples_move_in_proportion_to_the_map_of_their_own_image(by, moved):
    # J is a tenth of the sample: 50 and 150 levels, and an image of twice 200.
    images = torch.tensor([50.0, 150.0, 200.0, 200.0]).view(2, 1, 1, 2) / 255
    weights = torch.tensor([1.0, -1.0]).view(1, 1, 2)

    outcome = JndFgsm(jnd=PROPORTIONAL, epsilon=8 / 255, normalise=by)(away(weights), images)

    change = ((outcome.images - images) * 255).flatten().round()
    assert change.tolist() == [-moved[0], moved[1], -moved[2], moved[3]]


def test_the_mean_change_is_that_of_the_fast_gradient_sign_method(generator):
    images = (lattice(2, 3, 16, 16) * 0.4 + 0.3).mul(255).round() / 255
    problem = away(torch.randn(3, 16, 16, generator=generator))

    outcome = JndFgsm(jnd=Ramp(), epsilon=8 / 255)(problem, images)

    mean = (outcome.images - images).abs().flatten(1).mean(dim=1) * 255
    assert mean.tolist() == pytest.approx([8, 8], abs=0.1)


def test_with_the_same_threshold_everywhere_it_is_the_fast_gradient_sign_method(generator):
    images = lattice(3, 3, 8, 8)
    problem = away(torch.randn(3, 8, 8, generator=generator))
    flat = Ramp(floor=0.25, slope=0.0)

    for by in ("mean", "max"):
        jnd_fgsm = JndFgsm(jnd=flat, epsilon=6 / 255, normalise=by)(problem, images)
        fgsm = Fgsm(budget=Linf(6 / 255))(problem, images)

        assert torch.equal(jnd_fgsm.images, fgsm.images)
        assert not torch.equal(fgsm.images, images)
        assert torch.equal(jnd_fgsm.gradients, fgsm.gradients)


def test_where_nothing_may_move_nothing_does():
    assert (normalised(torch.zeros(1, 1, 2, 2), "mean") == 0).all()
    assert (normalised(torch.zeros(1, 1, 2, 2), "max") == 0).all()


@pytest.mark.parametrize("settings", [{"epsilon": 0.0}, {"epsilon": 8}, {"normalise": "sum"}])
@pytest.mark.usefixtures("as_users_run_it")
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} must be"):
        JndFgsm(**settings)
