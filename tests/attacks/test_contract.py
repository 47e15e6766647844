"""What is true of every attack."""

import pytest
import torch
from oracles import BOUNDED, Projection, Ramp, TwoSidedPlane, lattice, quick

from sublimen.attacks import ATTACKS, Dodge, JndBox, Recognition, Targeted, Untargeted
from sublimen.errors import ImageError


@pytest.fixture(scope="module")
def images():
    return lattice(3, 3, 8, 9)


@pytest.fixture(scope="module")
def plane(images):
    """A plane just out of reach of one level, so that every attack has work and can do it."""
    weights = torch.randn(images.shape[1:], generator=torch.Generator().manual_seed(1))
    plane = TwoSidedPlane(weights)
    plane.offset = plane.side(images).min().item() - 2 * weights.abs().sum().item() / 255
    return plane


@pytest.fixture(scope="module", params=list(ATTACKS))
def attack(request):
    return quick(request.param)


@pytest.fixture(scope="module")
def outcome(attack, plane, images):
    """Of the attack on the plane, which most tests look at."""
    return attack(away(plane, images), images)


def out_of_reach(images):
    plane = TwoSidedPlane(torch.randn(images.shape[1:], generator=torch.Generator().manual_seed(1)))
    plane.offset = plane.side(images).min() - 8
    return plane


def away(plane, images):
    return Recognition(plane, Untargeted(plane(images).argmax(dim=1)))


def test_it_publishes_8_bit_images_of_the_same_shape(outcome, images):
    levels = outcome.images * 255
    assert outcome.images.shape == images.shape
    assert outcome.images.dtype == images.dtype
    assert torch.equal(levels.round() / 255, outcome.images)
    assert 0 <= outcome.images.min()
    assert outcome.images.max() <= 1


@pytest.mark.parametrize("name", BOUNDED)
def test_it_publishes_nothing_outside_the_budget(name, images):
    # A plane that cannot be crossed: the attack goes as far as it may.
    plane = out_of_reach(images)
    jnd = Ramp(floor=1.4 / 255, slope=5.3 / 255)

    outcome = ATTACKS[name](budget=JndBox(jnd, limit=1.3))(away(plane, images), images)

    moved = (outcome.images - images).abs()
    assert not outcome.reached.any()
    assert (moved > 0).any()
    assert (moved <= 1.3 * jnd(images) + 1e-6).all()


@pytest.mark.parametrize("name", BOUNDED)
def test_it_comes_close_to_the_best_possible(name, images):
    # By linearity the best image has every sample at its end of the box.
    plane = out_of_reach(images)
    radius = 6 / 255
    best = plane.side((images - radius * plane.weights.sign()).clamp(0, 1))

    outcome = quick(name)(away(plane, images), images)

    gained = plane.side(images) - plane.side(outcome.images)
    assert (gained >= 0.9 * (plane.side(images) - best)).all()


def test_it_reaches_another_class(outcome, plane, images):
    before = plane.side(images) > 0

    after = plane.side(outcome.images) > 0
    assert torch.equal(outcome.reached, before != after)
    assert outcome.reached.any()


def test_it_reaches_a_class_that_is_named(attack, plane, images):
    targets = (plane.side(images) > 0).long()  # logits (s, -s): the class on the other side

    outcome = attack(Recognition(plane, Targeted(targets)), images)

    assert torch.equal(outcome.reached, (plane.side(outcome.images) < 0) == targets.bool())
    assert outcome.reached.any()


def test_it_leaves_a_summit(attack):
    # The photo itself is the reference: distance 0, gradient 0.
    images = lattice(2, 3, 6, 6)
    model = Projection(torch.randn(2, 3, 6, 6, generator=torch.Generator().manual_seed(2)))
    threshold = 0.25 * 6 / 255 * model.weights.abs().flatten(1).sum(dim=1).min().item()

    outcome = attack(Recognition(model, Dodge(model(images), threshold)), images)

    distances = (model(outcome.images) - model(images)).norm(dim=1)
    assert outcome.reached.all()
    assert (distances > threshold).all()


def test_the_same_seed_gives_the_same_bytes_whatever_the_company(attack, images):
    model = Projection(torch.randn(2, 3, 8, 9, generator=torch.Generator().manual_seed(3)))

    def run(order):
        problem = Recognition(model, Dodge(model(images[order]), 0.5))
        return attack(problem, images[order], seed=5).images

    together, turned, alone = run([0, 1, 2]), run([2, 0, 1]), run([1])

    assert torch.equal(together, run([0, 1, 2]))
    assert torch.equal(together[[2, 0, 1]], turned)
    assert torch.equal(together[[1]], alone)


def test_it_changes_neither_the_originals_nor_the_model(attack):
    images = lattice(2, 3, 8, 8)
    before = images.clone()
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 4))
    network.train()
    weights = [p.clone() for p in network.parameters()]

    attack(Recognition(network, Untargeted(network(images).argmax(dim=1))), images)

    assert torch.equal(images, before)
    assert images.grad is None
    assert not images.requires_grad
    assert network.training
    assert all(p.grad is None and p.requires_grad for p in network.parameters())
    assert all(map(torch.equal, weights, network.parameters()))


def test_it_refuses_8_bit_numbers(attack, plane, images):
    with pytest.raises(ImageError, match="divide 8-bit pixels by 255"):
        attack(away(plane, images), images * 255)


def test_what_is_at_the_goal_already_stays_as_it_is_without_a_gradient(attack, plane, images):
    wrong = plane(images).argmin(dim=1)

    outcome = attack(Recognition(plane, Untargeted(wrong)), images)

    assert outcome.reached.all()
    assert torch.equal(outcome.images, images)
    assert outcome.gradients.tolist() == [0, 0, 0]
    assert (outcome.forwards <= 2).all()


def test_it_works_in_double_precision(attack, plane, images):
    double = TwoSidedPlane(plane.weights.double(), plane.offset)

    outcome = attack(away(double, images.double()), images.double())

    assert outcome.images.dtype == torch.float64
    assert outcome.reached.any()


def test_it_can_be_called_without_gradients_switched_on(attack, outcome, plane, images):
    with torch.no_grad():
        silent = attack(away(plane, images), images)

    assert torch.equal(silent.images, outcome.images)
