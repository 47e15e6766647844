import pytest
import torch
from oracles import Lowest, Ramp, Scripted, TwoSidedPlane, lattice

from sublimen.attacks import Bim, IJndFgsm, JndFgsm, Linf, Recognition, Untargeted
from sublimen.errors import SettingError


@pytest.fixture
def images():
    return lattice(3, 3, 8, 8)


@pytest.fixture
def problem(images, generator):
    plane = TwoSidedPlane(torch.randn(3, 8, 8, generator=generator), offset=-4.0)
    return Recognition(plane, Untargeted(plane(images).argmax(dim=1)))


@pytest.mark.parametrize("by", ["mean", "max"])
def test_one_full_step_is_jnd_fgsm(images, problem, by):
    settings = {"jnd": Ramp(), "epsilon": 5 / 255, "normalise": by}

    iterated = IJndFgsm(**settings, steps=1, step_size=1.0)(problem, images)

    assert torch.equal(iterated.images, JndFgsm(**settings)(problem, images).images)


def test_with_the_same_threshold_everywhere_it_is_the_basic_iterative_method(images, problem):
    flat = Ramp(floor=0.25, slope=0.0)

    jnd = IJndFgsm(jnd=flat, epsilon=4 / 255, steps=7, step_size=0.25)(problem, images)
    bim = Bim(budget=Linf(4 / 255), steps=7, step_size=0.25)(problem, images)

    assert torch.equal(jnd.images, bim.images)
    assert torch.equal(jnd.gradients, bim.gradients)


def test_steps_and_box_are_in_proportion_to_the_map():
    # J is a tenth of the sample, so J / mean J = (0.5, 1.5): steps of 2 and 6 levels in a box of
    # 4 and 12, and a turn after the third.
    model = Scripted((1.0, 1.0), (1.0, 1.0), (1.0, 1.0), (-1.0, 1.0))
    images = torch.tensor([50.0, 150.0]).view(1, 1, 1, 2) / 255
    attack = IJndFgsm(jnd=Ramp(floor=0.0, slope=0.1), epsilon=8 / 255, steps=4, step_size=0.5)

    attack(Recognition(model, Lowest()), images)

    assert model.levels == [[50, 150], [48, 144], [46, 138], [46, 138], [48, 138]]


@pytest.mark.parametrize(
    "settings", [{"epsilon": 0.0}, {"normalise": "sum"}, {"steps": 0}, {"step_size": 0.0}]
)
@pytest.mark.usefixtures("as_users_run_it")
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} must be"):
        IJndFgsm(**settings)
