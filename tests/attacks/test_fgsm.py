import torch
from oracles import Ramp, TwoSidedPlane, lattice

from sublimen.attacks import Fgsm, JndBox, Linf, Recognition, Targeted, Untargeted
from sublimen.imaging.levels import to_levels


def test_on_a_plane_it_is_the_best_image_of_the_box(generator):
    images = lattice(2, 3, 8, 8)
    plane = TwoSidedPlane(torch.randn(3, 8, 8, generator=generator), offset=-12.0)
    jnd = Ramp(floor=3 / 255, slope=0.0)
    best = to_levels(images - 3 / 255 * plane.weights.sign())

    for budget in (Linf(3 / 255), JndBox(jnd)):
        problem = Recognition(plane, Untargeted(torch.tensor([0, 0])))
        outcome = Fgsm(budget=budget)(problem, images)
        assert torch.equal(outcome.images, best)


def test_it_moves_every_sample_by_its_own_radius_up_to_black_and_white():
    images = torch.tensor([0.0, 0.2, 1.0, 0.8]).view(1, 1, 2, 2)
    weights = torch.tensor([1.0, -1.0, -1.0, 0.0]).view(1, 2, 2)
    plane = TwoSidedPlane(weights, offset=-9.0)

    outcome = Fgsm(budget=JndBox(Ramp(floor=3 / 255, slope=10 / 255)))(
        Recognition(plane, Untargeted(torch.tensor([0]))), images
    )

    # 3 + 10 x 0.2 = 5 levels; black, white and what has no slope stay.
    change = ((outcome.images - images) * 255).flatten().round()
    assert change.tolist() == [0, 5, 0, 0]


def test_towards_a_class_it_goes_down_the_other_way(generator):
    images = lattice(1, 1, 6, 6).clamp(0.1, 0.9)
    images = to_levels(images)
    plane = TwoSidedPlane(torch.randn(1, 6, 6, generator=generator))
    here, there = plane(images).argmax(dim=1), plane(images).argmin(dim=1)
    attack = Fgsm(budget=Linf(1 / 255))

    away = attack(Recognition(plane, Untargeted(here)), images)
    towards = attack(Recognition(plane, Targeted(there)), images)
    deeper = attack(Recognition(plane, Targeted(here)), images)

    assert torch.equal(away.images, towards.images)
    assert torch.equal(deeper.images, images)
    assert plane.side(away.images).abs() < plane.side(images).abs()


def test_a_flat_model_moves_nothing():
    images = lattice(1, 3, 4, 4)

    def flat(candidates):
        return 0 * candidates.flatten(1)[:, :2] + torch.tensor([1.0, 0.0])

    outcome = Fgsm()(Recognition(flat, Untargeted(torch.tensor([0]))), images)

    assert torch.equal(outcome.images, images)
    assert not outcome.reached.any()
