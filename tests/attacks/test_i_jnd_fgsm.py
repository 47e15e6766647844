import pytest
import torch
from oracles import Ramp, TwoSidedPlane, lattice

from sublimen.attacks import Bim, IJndFgsm, JndFgsm, Linf, Recognition, Untargeted
from sublimen.errors import SettingError


def far(images, generator):
    plane = TwoSidedPlane(torch.randn(images.shape[1:], generator=generator), offset=-7.0)
    return Recognition(plane, Untargeted(torch.zeros(len(images), dtype=torch.int64)))


def test_one_full_step_is_the_single_step_method(generator):
    images = lattice(2, 3, 6, 6)
    problem = far(images, generator)

    once = IJndFgsm(jnd=Ramp(), steps=1, step_size=1.0)(problem, images)

    assert torch.equal(once.images, JndFgsm(jnd=Ramp())(problem, images).images)


def test_with_an_even_map_it_is_the_basic_iterative_method(generator):
    images = lattice(2, 3, 6, 6)
    problem = far(images, generator)

    even = IJndFgsm(jnd=Ramp(slope=0.0), epsilon=4 / 255, steps=5, step_size=0.25)(problem, images)
    bim = Bim(budget=Linf(4 / 255), steps=5, step_size=0.25)(problem, images)

    assert torch.equal(even.images, bim.images)


def test_it_stays_in_a_box_in_proportion_to_the_map(generator):
    images = lattice(2, 3, 6, 6)
    jnd = Ramp(floor=1 / 255)

    outcome = IJndFgsm(jnd=jnd, epsilon=6 / 255, normalise="max")(far(images, generator), images)

    box = 6 / 255 * jnd(images) / jnd(images).flatten(1).amax(dim=1).view(-1, 1, 1, 1)
    assert ((outcome.images - images).abs() <= box + 0.5 / 255 + 1e-6).all()


@pytest.mark.parametrize("settings", [{"steps": 0}, {"step_size": 0.0}, {"epsilon": 2.0}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} must be"):
        IJndFgsm(**settings)
