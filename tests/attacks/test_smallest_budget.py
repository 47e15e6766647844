from dataclasses import replace

import pytest
import torch
from oracles import TwoSidedPlane, lattice

from sublimen.attacks import (
    Bim,
    Ddn,
    Fgsm,
    Limits,
    Linf,
    MDi2Fgsm,
    Momentum,
    Pgd,
    Recognition,
    SmallestBudget,
    Through,
    Untargeted,
)
from sublimen.errors import SublimenError


def at_levels(*levels):
    """A plane that each image crosses when all samples have moved by so many levels."""
    images = torch.full((len(levels), 1, 4, 4), 120 / 255)
    weights = torch.randn(1, 4, 4, generator=torch.Generator().manual_seed(6))
    plane = TwoSidedPlane(weights)
    step = weights.abs().sum() / 255
    goals = plane.side(images) - (torch.tensor(levels) - 0.5) * step

    def model(candidates):
        side = plane.side(candidates)
        return torch.stack([side - goals[: len(side)], goals[: len(side)] - side], dim=1)

    return images, model


@pytest.mark.parametrize("level", [1, 2, 3, 5, 7, 8, 13, 31])
@pytest.mark.parametrize("inner", [Fgsm(), Bim(), Pgd()])
def test_it_is_the_least_level_at_which_the_attack_succeeds(level, inner):
    images, model = at_levels(level)

    outcome = SmallestBudget(inner=inner)(Recognition(model, Untargeted(torch.tensor([0]))), images)

    assert outcome.reached.all()
    assert ((outcome.images - images).abs().amax() * 255).round().item() == level


def test_beyond_the_most_nothing_is_tried():
    images, model = at_levels(9)

    outcome = SmallestBudget(inner=Fgsm(), most=8)(
        Recognition(model, Untargeted(torch.tensor([0]))), images
    )

    assert not outcome.reached.any()
    assert outcome.gradients.tolist() == [4]  # 1, 2, 4 and 8 levels


def test_images_have_budgets_of_their_own():
    images = lattice(4, 1, 6, 6).clamp(0.3, 0.7).mul(255).round() / 255
    weights = torch.randn(1, 6, 6, generator=torch.Generator().manual_seed(6))
    plane = TwoSidedPlane(weights)
    plane.offset = plane.side(images).min().item() - weights.abs().sum().item() * 1.5 / 255
    problem = Recognition(plane, Untargeted(plane(images).argmax(dim=1)))

    together = SmallestBudget(inner=Fgsm())(problem, images)

    for row in range(4):
        one = torch.tensor([row])
        alone = SmallestBudget(inner=Fgsm())(problem.at(one), images[one])
        assert torch.equal(alone.images, together.images[one])


@pytest.mark.parametrize("inner", [Fgsm(), Bim(steps=8, step_size=0.3)])
def test_no_smaller_budget_would_have_done(inner):
    images = lattice(4, 1, 6, 6)
    weights = torch.randn(1, 6, 6, generator=torch.Generator().manual_seed(6))
    plane = TwoSidedPlane(weights)
    plane.offset = plane.side(images).min().item() - weights.abs().sum().item() * 1.5 / 255
    problem = Recognition(plane, Untargeted(torch.zeros(4, dtype=torch.int64)))

    outcome = SmallestBudget(inner=inner)(problem, images)

    levels = ((outcome.images - images).abs().flatten(1).amax(dim=1) * 255).round().long()
    assert outcome.reached.all()
    assert len(set(levels.tolist())) > 2
    for row, most in enumerate(levels.tolist()):
        one = torch.tensor([row])
        for level in range(1, most):
            tried = replace(inner, budget=Linf(level / 255))(problem.at(one), images[one])
            assert not tried.reached.any()


@pytest.mark.parametrize(
    "inner", [MDi2Fgsm(), Momentum(inner=Bim()), Through(inner=Momentum(inner=Bim()))]
)
def test_the_attack_may_be_inside_others(inner):
    images, model = at_levels(3)

    outcome = SmallestBudget(inner=inner)(Recognition(model, Untargeted(torch.tensor([0]))), images)

    assert outcome.reached.all()
    assert 3 <= ((outcome.images - images).abs().amax() * 255).round().item() <= 5


def test_every_trial_is_paid_for():
    # 1, 2 and 4 levels, then 3: a gradient each.
    images, model = at_levels(3)

    outcome = SmallestBudget(inner=Fgsm())(
        Recognition(model, Untargeted(torch.tensor([0]))), images
    )

    assert outcome.gradients.tolist() == [4]
    assert outcome.iterations.tolist() == [4]


@pytest.mark.parametrize("most", [0, 1, 3])
def test_limits_hold_over_all_trials(most):
    images, model = at_levels(9)
    problem = Recognition(model, Untargeted(torch.tensor([0])))

    outcome = SmallestBudget()(problem, images, limits=Limits(gradients=most))

    assert outcome.gradients.item() <= most
    assert not outcome.reached.any()


def test_an_image_without_a_finite_answer_does_not_stop_the_others():
    images = torch.tensor([100.0, 250.0]).view(2, 1, 1, 1) / 255
    plane = TwoSidedPlane(torch.ones(1, 1, 1), offset=97.5 / 255)

    def model(candidates):
        return torch.where(candidates.flatten(1) > 0.7, torch.nan, plane(candidates))

    outcome = SmallestBudget()(Recognition(model, Untargeted(torch.zeros(2).long())), images)

    assert outcome.reached.tolist() == [True, False]
    assert (outcome.images * 255).flatten().round().tolist() == [97, 250]


def test_an_attack_without_a_budget_is_refused():
    with pytest.raises(SublimenError, match="budget"):
        SmallestBudget(inner=Ddn())
    with pytest.raises(SublimenError, match="most must be at least 1"):
        SmallestBudget(most=0)
    with pytest.raises(SublimenError, match="most must be at most 255"):
        SmallestBudget(most=256)
