import pytest
import torch
from oracles import TwoSidedPlane, lattice

from sublimen.attacks import Bim, Ddn, Fgsm, Pgd, Recognition, SmallestBudget, Untargeted
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


def test_an_attack_without_a_budget_is_refused():
    with pytest.raises(SublimenError, match="budget"):
        SmallestBudget(inner=Ddn())
    with pytest.raises(SublimenError, match="most must be at least 1"):
        SmallestBudget(most=0)
    with pytest.raises(SublimenError, match="most must be at most 255"):
        SmallestBudget(most=256)
