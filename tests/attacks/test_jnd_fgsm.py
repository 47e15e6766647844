import pytest
import torch
from oracles import Ramp, TwoSidedPlane

from sublimen.attacks import Fgsm, JndFgsm, Linf, Recognition, Untargeted
from sublimen.errors import SettingError


@pytest.mark.parametrize(("normalise", "expected"), [("mean", [4, 12]), ("max", [3, 8])])
def test_each_sample_moves_in_proportion_to_its_threshold(normalise, expected):
    # J = 3 and 9 levels: over the mean 0.5 and 1.5, over the largest 1/3 and 1, times 8 levels.
    images = torch.tensor([0.2, 0.8]).view(1, 1, 1, 2)
    plane = TwoSidedPlane(torch.tensor([1.0, -1.0]).view(1, 1, 2), offset=-9.0)
    jnd = Ramp(floor=1 / 255, slope=10 / 255)

    outcome = JndFgsm(jnd=jnd, normalise=normalise)(
        Recognition(plane, Untargeted(torch.tensor([0]))), images
    )

    change = ((outcome.images - images) * 255).flatten().round().tolist()
    assert change == [-expected[0], expected[1]]


def test_with_an_even_map_it_is_the_fast_gradient_sign_method(generator):
    images = torch.rand(2, 3, 6, 6, generator=generator).mul(255).round() / 255
    plane = TwoSidedPlane(torch.randn(3, 6, 6, generator=generator), offset=-4.0)
    problem = Recognition(plane, Untargeted(torch.tensor([0, 0])))

    even = JndFgsm(jnd=Ramp(slope=0.0), epsilon=5 / 255)(problem, images)

    assert torch.equal(even.images, Fgsm(budget=Linf(5 / 255))(problem, images).images)


@pytest.mark.usefixtures("as_users_run_it")
def test_settings_out_of_range_are_refused():
    with pytest.raises(SettingError, match="epsilon must be"):
        JndFgsm(epsilon=0.0)
    with pytest.raises(SettingError, match="normalise must be mean or max, got 'sum'"):
        JndFgsm(normalise="sum")
