import pytest
import torch
from oracles import Projection, lattice

from sublimen.attacks import Bim, Dodge, Linf, MiFgsm, Momentum, Recognition
from sublimen.attacks.momentum import Accumulator
from sublimen.errors import SettingError


def test_around_the_basic_iterative_method_it_is_mi_fgsm(generator):
    images = lattice(3, 3, 8, 8)
    model = Projection(torch.randn(2, 3, 8, 8, generator=generator))
    problem = Recognition(model, Dodge(model(images) + 0.1, threshold=9.0))
    budget = Linf(6 / 255)

    wrapped = Momentum(inner=Bim(budget=budget, steps=9, step_size=0.2), decay=0.9)
    spelled = MiFgsm(budget=budget, steps=9, step_size=0.2, decay=0.9)

    assert torch.equal(wrapped(problem, images).images, spelled(problem, images).images)


def test_gradients_add_up_with_a_decay():
    accumulate = Accumulator(0.5)
    one = torch.tensor([2.0, 0.0]).view(1, 1, 1, 2)

    first, second = accumulate(one), accumulate(one.flip(3))

    assert first.flatten().tolist() == [2.0, 0.0]
    assert second.flatten().tolist() == [1.0, 2.0]


def test_it_starts_anew_with_each_search():
    images = lattice(2, 3, 8, 8)
    model = Projection(torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(3)))
    problem = Recognition(model, Dodge(model(images) + 0.1, threshold=99.0))
    attack = Momentum(inner=Bim(steps=3))

    assert torch.equal(attack(problem, images).images, attack(problem, images).images)


def test_a_decay_below_zero_is_refused():
    with pytest.raises(SettingError, match="decay must be at least 0"):
        Momentum(decay=-1.0)
