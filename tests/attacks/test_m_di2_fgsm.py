import pytest
import torch
from oracles import Projection, lattice

from sublimen.attacks import Bim, Di2Fgsm, Dodge, Linf, MDi2Fgsm, MiFgsm, Pgd, Recognition
from sublimen.errors import SettingError

SETTINGS = {"budget": Linf(6 / 255), "steps": 5, "step_size": 0.3}


def problem_of(images):
    model = Projection(torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(1)))
    return Recognition(model, Dodge(model(images) + 0.1, threshold=99.0))


def test_with_probability_zero_it_is_mi_fgsm():
    images = lattice(3, 3, 8, 8)

    never = MDi2Fgsm(probability=0.0, decay=0.8, **SETTINGS)(problem_of(images), images)

    assert torch.equal(
        never.images, MiFgsm(decay=0.8, **SETTINGS)(problem_of(images), images).images
    )


def test_without_decay_it_is_di2_fgsm():
    images = lattice(3, 3, 8, 8)

    plain = MDi2Fgsm(decay=0.0, **SETTINGS)(problem_of(images), images)

    assert torch.equal(plain.images, Di2Fgsm(**SETTINGS)(problem_of(images), images).images)


def test_without_decay_and_with_probability_zero_it_is_the_basic_iterative_method():
    images = lattice(3, 3, 8, 8)
    problem = problem_of(images)

    neither = MDi2Fgsm(decay=0.0, probability=0.0, **SETTINGS)(problem, images)

    for same in (Bim(**SETTINGS), Pgd(random_start=False, **SETTINGS)):
        assert torch.equal(neither.images, same(problem, images).images)
        assert torch.equal(neither.gradients, same(problem, images).gradients)


def test_with_both_it_is_none_of_them():
    images = lattice(3, 3, 8, 8)
    problem = problem_of(images)
    both = MDi2Fgsm(**SETTINGS)(problem, images).images

    assert not torch.equal(both, MiFgsm(**SETTINGS)(problem, images).images)
    assert not torch.equal(both, Di2Fgsm(**SETTINGS)(problem, images).images)


@pytest.mark.parametrize("settings", [{"steps": 0}, {"decay": -1.0}, {"probability": -0.1}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} must be"):
        MDi2Fgsm(**settings)
