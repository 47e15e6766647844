import dataclasses

import pytest
import torch
from oracles import BOUNDED, TwoSidedPlane, lattice

from sublimen.attacks import ATTACKS, Attack, BoundedAttack, Linf, Recognition, Untargeted
from sublimen.errors import ImageError


def test_the_catalogue_holds_the_classical_attacks_and_the_one_of_the_paper():
    assert set(ATTACKS) >= {"bim", "fgsm", "jnd-perceptual", "pgd"}
    assert set(BOUNDED) >= {"bim", "fgsm", "pgd"}


@pytest.mark.parametrize("name", list(ATTACKS))
def test_settings_are_frozen_and_compare_by_value(name):
    attack = ATTACKS[name]()

    assert attack == ATTACKS[name]()
    assert attack == dataclasses.replace(attack)
    with pytest.raises(dataclasses.FrozenInstanceError):
        attack.steps = 3


def test_neither_kind_of_base_can_be_made():
    for base in (Attack, BoundedAttack):
        with pytest.raises(TypeError, match="abstract"):
            base()


@pytest.mark.parametrize("name", BOUNDED)
def test_the_default_budget_is_eight_levels(name):
    assert ATTACKS[name]().budget == Linf(8 / 255)


@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.zeros(3, 8, 8), "batch x channel x height x width"),
        (torch.zeros(1, 8, 8, 3), "permute channels-last"),
        (torch.zeros(1, 3, 8, 8, dtype=torch.uint8), "divide by 255"),
        (torch.full((1, 3, 8, 8), torch.nan), "got NaN"),
        (torch.zeros(0, 3, 8, 8), "at least one image"),
    ],
)
def test_what_is_no_batch_of_images_is_refused(images, message):
    problem = Recognition(TwoSidedPlane(torch.ones(3, 8, 8)), Untargeted(torch.tensor([0])))

    with pytest.raises(ImageError, match=message):
        ATTACKS["bim"]()(problem, images)


def test_originals_that_want_a_gradient_get_none():
    images = lattice(1, 1, 4, 4).requires_grad_()
    plane = TwoSidedPlane(torch.ones(1, 4, 4), offset=-1.0)

    outcome = ATTACKS["bim"](steps=2)(Recognition(plane, Untargeted(torch.tensor([0]))), images)

    assert images.grad is None
    assert not outcome.images.requires_grad
