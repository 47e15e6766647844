import pytest
import torch
from oracles import Lowest, Scripted, lattice

from sublimen.attacks import (
    Bim,
    InputDiversity,
    Linf,
    MDi2Fgsm,
    MiFgsm,
    Momentum,
    Pgd,
    Recognition,
    Through,
    Untargeted,
)
from sublimen.errors import SettingError


@pytest.fixture
def images():
    return lattice(4, 3, 8, 8)


@pytest.fixture
def problem(images):
    torch.manual_seed(3)
    network = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(192, 16), torch.nn.Tanh(), torch.nn.Linear(16, 4)
    ).requires_grad_(False)
    return Recognition(network, Untargeted(network(images).argmax(dim=1), margin=0.05))


@pytest.mark.parametrize("decay", [0.0, 0.6, 1.0])
def test_inside_it_the_basic_iterative_method_is_mi_fgsm(images, problem, decay):
    settings = {"budget": Linf(5 / 255), "steps": 9, "step_size": 0.15}

    wrapped = Momentum(inner=Bim(**settings), decay=decay)(problem, images)
    plain = MiFgsm(**settings, decay=decay)(problem, images)

    assert len(set(plain.iterations.tolist())) > 1  # images leave at different rounds
    assert torch.equal(wrapped.images, plain.images)
    assert torch.equal(wrapped.gradients, plain.gradients)
    torch.testing.assert_close(wrapped.trace, plain.trace, rtol=0, atol=0, equal_nan=True)


def test_an_image_alone_has_the_momentum_that_it_has_in_company(images, problem):
    attack = Momentum(inner=Bim(budget=Linf(5 / 255), steps=9, step_size=0.15))

    together = attack(problem, images)

    for row in range(len(images)):
        alone = attack(problem.at(torch.tensor([row])), images[row : row + 1])
        assert torch.equal(alone.images[0], together.images[row])


def test_nothing_is_kept_from_one_run_to_the_next(images, problem):
    attack = Momentum(inner=Pgd(budget=Linf(4 / 255), steps=4))

    assert torch.equal(attack(problem, images).images, attack(problem, images).images)


def test_with_diversity_in_either_order_it_is_m_di2_fgsm(images, problem):
    settings = {"budget": Linf(5 / 255), "steps": 6, "step_size": 0.2}
    views = (InputDiversity(),)

    preset = MDi2Fgsm(**settings)(problem, images, seed=4)
    inside = Through(inner=Momentum(inner=Bim(**settings)), views=views)(problem, images, seed=4)
    outside = Momentum(inner=Through(inner=Bim(**settings), views=views))(problem, images, seed=4)

    assert torch.equal(preset.images, inside.images)
    assert torch.equal(preset.images, outside.images)


def test_a_flat_step_is_carried_over():
    model = Scripted((1, 1), (0, 0))
    images = torch.full((1, 1, 1, 2), 100 / 255)
    inner = Bim(budget=Linf(100 / 255), steps=2, step_size=0.25)

    Momentum(inner=inner)(Recognition(model, Lowest()), images)

    assert model.levels == [[100, 100], [75, 75], [50, 50]]


def test_a_setting_out_of_range_is_refused():
    with pytest.raises(SettingError, match="decay must be at least 0"):
        Momentum(decay=-1.0)
