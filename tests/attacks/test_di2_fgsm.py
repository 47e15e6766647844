import pytest
import torch
from oracles import Projection, lattice

from sublimen.attacks import Bim, Di2Fgsm, Dodge, InputDiversity, Linf, Recognition, Through
from sublimen.errors import SettingError


def problem_of(images):
    model = Projection(torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(1)))
    return Recognition(model, Dodge(model(images) + 0.1, threshold=99.0))


def test_with_probability_zero_it_is_the_basic_iterative_method():
    images, settings = lattice(3, 3, 8, 8), {"budget": Linf(6 / 255), "steps": 5, "step_size": 0.3}

    never = Di2Fgsm(probability=0.0, **settings)(problem_of(images), images)

    assert torch.equal(never.images, Bim(**settings)(problem_of(images), images).images)


def test_with_probability_one_it_is_not():
    images, settings = lattice(3, 3, 8, 8), {"budget": Linf(6 / 255), "steps": 5, "step_size": 0.3}

    always = Di2Fgsm(probability=1.0, **settings)(problem_of(images), images)

    assert not torch.equal(always.images, Bim(**settings)(problem_of(images), images).images)


def test_it_is_the_basic_iterative_method_through_input_diversity():
    images, settings = lattice(3, 3, 8, 8), {"budget": Linf(6 / 255), "steps": 5, "step_size": 0.3}
    problem = problem_of(images)
    views = (InputDiversity(probability=0.7, ratio=1.4),)

    preset = Di2Fgsm(probability=0.7, ratio=1.4, **settings)(problem, images, seed=2)
    made = Through(inner=Bim(**settings), views=views)(problem, images, seed=2)

    assert torch.equal(preset.images, made.images)
    assert not torch.equal(preset.images, Di2Fgsm(**settings)(problem, images, seed=2).images)


@pytest.mark.parametrize(
    "settings", [{"steps": 0}, {"step_size": 0.0}, {"probability": 1.1}, {"ratio": 0.0}]
)
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} must be"):
        Di2Fgsm(**settings)
