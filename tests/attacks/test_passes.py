from dataclasses import dataclass

import pytest
import torch
from oracles import Projection, TwoSidedPlane, lattice
from typing_extensions import override

from sublimen.attacks import Bim, Dodge, Limits, Linf, Recognition, Search, Untargeted, View
from sublimen.errors import ModelError


@dataclass(frozen=True)
class Half(View):
    """Shows every sample at half its value; so slopes are half as steep."""

    transparent = False

    @override
    def see(self, images, draw):
        return images / 2


@dataclass(frozen=True)
class Shaken(View):
    """Adds one number of each image's own stream; the mean of so many draws."""

    number: int = 1
    transparent = False

    @property
    @override
    def samples(self):
        return self.number

    @override
    def see(self, images, draw):
        return images * (1 + draw.uniform().view(-1, 1, 1, 1))


@dataclass(frozen=True)
class Tenfold(View):
    """Changes slopes alone."""

    transparent = True

    @override
    def smooth(self, slopes):
        return 10 * slopes


class Linear:
    """Two classes with logits (s, -s), s = 3 x for images of one sample."""

    def __init__(self):
        self.shown = []

    def __call__(self, images):
        self.shown.append(images.detach().clone())
        side = 3 * images.flatten(1)
        return torch.cat([side, -side], dim=1)


def search(levels, model=None, **settings):
    images = torch.tensor(levels).view(-1, 1, 1, 1) / 255
    labels = torch.zeros(len(levels), dtype=torch.int64)
    return Search(Recognition(model or Linear(), Untargeted(labels)), images, **settings), images


def slope(x, chain=1.0):
    """Of log softmax(s, -s)_0 = -log(1 + exp(-2 s)), s = 3 c x."""
    s = 3 * chain * x
    return 6 * chain / (1 + torch.exp(2 * s))


def test_a_gradient_through_a_view_has_its_slope_at_what_is_seen():
    one, images = search([100.0, 200.0])

    gradient = one.through(Half()).gradient(images)

    torch.testing.assert_close(gradient, slope(images, 0.5))


def test_a_view_says_nothing_about_the_verdict():
    # Seen at half its value an image would be on the other side, but nobody is asked there.
    plane = TwoSidedPlane(torch.ones(1, 1, 1), offset=90 / 255)
    one, images = search([100.0], plane)

    one.through(Half()).gradient(images)

    assert not one.outcome().reached.any()
    assert one.outcome().gradients.tolist() == [1]
    assert one.outcome().forwards.tolist() == [1]


def test_views_follow_each_other_from_the_image_to_the_model():
    model = Linear()
    one, images = search([100.0], model)

    one.through(Half()).through(Half()).gradient(images)

    assert [(shown / images).item() for shown in model.shown] == pytest.approx([1, 0.25])


def test_a_gradient_of_many_draws_is_their_mean_and_costs_as_many():
    model = Linear()
    one, images = search([100.0], model, seed=3)

    gradient = one.through(Shaken(4)).gradient(images)

    factors = torch.cat([shown / images for shown in model.shown[1:]])
    assert len(factors.unique()) == 4
    assert ((factors >= 1) & (factors < 2)).all()
    torch.testing.assert_close(gradient, slope(images, factors).mean(dim=0, keepdim=True))
    assert one.outcome().gradients.tolist() == [4]
    assert one.outcome().forwards.tolist() == [1]


def test_draws_do_not_depend_on_the_company():
    together, images = search([100.0, 150.0], seed=3)
    alone, single = search([150.0], seed=3)

    both = together.through(Shaken(2)).gradient(images)

    torch.testing.assert_close(alone.through(Shaken(2)).gradient(single), both[1:])


def test_a_view_that_changes_slopes_alone_costs_no_pass_of_its_own():
    model = Linear()
    one, images = search([100.0], model)

    gradient = one.through(Tenfold()).gradient(images)

    torch.testing.assert_close(gradient, 10 * slope(images))
    assert len(model.shown) == 1
    assert one.outcome().forwards.tolist() == [0]


def test_a_filter_sees_the_gradient_of_the_whole_batch_after_the_penalty():
    one, images = search([100.0, 150.0])
    seen = []

    def halve(gradient):
        seen.append(gradient)
        return gradient / 2

    gradient = one.filtered(halve).gradient(images, lambda points, _: points.flatten(1).sum(dim=1))

    torch.testing.assert_close(seen[0], slope(images) + 1)
    torch.testing.assert_close(gradient, seen[0] / 2)


def test_a_search_through_a_view_has_the_same_books():
    one, images = search([100.0])

    one.through(Half()).gradient(images)
    one.gradient(images)

    assert one.outcome().gradients.tolist() == [2]


def test_a_gradient_of_many_draws_is_not_begun_where_it_cannot_be_paid():
    one, images = search([100.0], limits=Limits(gradients=7))
    seen = one.through(Shaken(4))

    seen.gradient(images)
    assert one.going
    seen.gradient(images)

    assert not one.going
    assert one.outcome().gradients.tolist() == [4]


def several(images):
    """Six classes with logits 1, 2, ... 6 times the mean, turned down: class 0 leads."""
    mean = images.flatten(1).mean(dim=1, keepdim=True)
    return -mean * torch.arange(1.0, 7.0)


def test_each_way_costs_a_gradient_and_the_look_costs_nothing_more():
    one, images = search([100.0], several)

    ways = one.directions(images, torch.zeros(1))

    # f_0 - f_i = i x: the five ways have the slopes 1 to 5.
    assert ways.gradients.flatten().tolist() == pytest.approx([1, 2, 3, 4, 5])
    assert one.outcome().gradients.tolist() == [5]
    assert one.outcome().forwards.tolist() == [0]


def test_ways_have_their_slopes_where_gradients_are_switched_off():
    one, images = search([100.0], several)

    with torch.no_grad():
        ways = one.directions(images, torch.zeros(1))

    assert ways.gradients.flatten().tolist() == pytest.approx([1, 2, 3, 4, 5])


def test_an_image_at_the_goal_as_it_came_costs_one_look_however_many_ways_there_are():
    images = torch.full((2, 1, 1, 1), 100 / 255)
    one = Search(Recognition(several, Untargeted(torch.tensor([0, 3]))), images)

    one.directions(images, torch.zeros(2))

    assert one.outcome().reached.tolist() == [False, True]
    assert one.outcome().gradients.tolist() == [5, 0]
    assert one.outcome().forwards.tolist() == [0, 1]


def test_ways_are_not_begun_where_they_cannot_all_be_paid():
    one, images = search([100.0], several, limits=Limits(gradients=9))

    one.directions(images, torch.zeros(1))
    one.directions(images, torch.zeros(1))

    assert one.outcome().gradients.tolist() == [5]
    assert not one.going


def test_a_summit_is_left_through_a_view_as_well():
    images = lattice(2, 1, 3, 3)
    model = Projection(torch.eye(9)[:2].view(2, 1, 3, 3))
    one = Search(Recognition(model, Dodge(model(images), threshold=10.0)), images)

    gradient = one.through(Tenfold()).gradient(images)

    assert (gradient.flatten(1)[:, :2].abs() > 0).any(dim=1).all()
    assert one.outcome().forwards.tolist() == [1, 1]


@pytest.mark.usefixtures("as_users_run_it")
def test_a_batch_of_another_length_is_named():
    one, images = search([1.0, 2.0], lambda x: Linear()(x)[:1])

    with pytest.raises(ModelError, match="model must answer 2 x some numbers, got shape"):
        one.gradient(images)


def test_an_attack_leaves_the_gradients_of_the_caller_alone():
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(9, 2))
    images = lattice(1, 1, 3, 3).requires_grad_()

    Bim(budget=Linf(2 / 255))(Recognition(network, Untargeted(torch.tensor([0]))), images)

    assert images.grad is None
    assert all(parameter.grad is None for parameter in network.parameters())
