from itertools import pairwise

import pytest
import torch
from oracles import TwoSidedPlane, lattice

from sublimen.attacks import PercAl, Recognition, Targeted, Untargeted
from sublimen.attacks.distances import ColourDifference
from sublimen.errors import SettingError

ROW = torch.tensor([0])


class Told:
    """A plane whose verdict is written down: at the goal in the forward passes that are named."""

    def __init__(self, weights, there):
        self.weights = weights
        self.there = there
        self.seen = []

    def __call__(self, images):
        turn = len(self.seen)
        self.seen.append(images.detach().clone())
        side = (images * self.weights).flatten(1).sum(dim=1)
        side = side - side.detach() + (-1.0 if turn in self.there else 1.0)
        return torch.stack([side, -side], dim=1)


def grey(side=16):
    return torch.full((1, 3, side, side), 128 / 255)


def third(state):
    """Ends the attack before the fourth round."""
    if state.round == 3:
        raise KeyboardInterrupt


def to_class(number):
    return Untargeted(torch.tensor([number]))


def test_the_first_step_is_as_long_as_it_says_and_against_the_slope():
    # 48 samples of weight 1 and 0 elsewhere: each moves by 1 / sqrt(48), 36.8 levels down.
    images = grey(4)
    model = Told(torch.ones(3, 4, 4), there=())

    PercAl(steps=1)(Recognition(model, to_class(0)), images)

    first, second = model.seen[:2]
    assert torch.equal(first, images)
    torch.testing.assert_close(second * 255, images * 255 - 37)


def test_the_verdict_and_the_slope_are_those_of_rounded_copies():
    model = Told(torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(0)), there=(3,))

    PercAl(steps=6)(Recognition(model, to_class(0)), grey(8))

    assert all(torch.equal((seen * 255).round() / 255, seen) for seen in model.seen)


def test_both_steps_add_up_below_a_level():
    # Steps of 0.3 levels: a rounded iterate would never move.
    images = grey(8)
    model = Told(torch.ones(3, 8, 8), there=())
    step = 0.3 * 192**0.5 / 255

    PercAl(steps=8, goal_step=step)(Recognition(model, to_class(0)), images)

    assert torch.equal(model.seen[1], images)
    assert ((images - model.seen[5]) * 255).round().unique().tolist() == [1]


def test_the_slope_of_the_colour_is_that_of_the_iterate_and_not_of_its_copy():
    # The left half moves by 0.45 levels, which its copy does not show; the right by 2. A step
    # back three times as long leads beyond the original, on the left by a level here and there;
    # the slope at the copy is 0 there.
    images = grey(8)
    weights = torch.full((3, 8, 8), 2.0)
    weights[..., :4] = 0.45
    length = weights.norm().item() / 255
    model = Told(weights, there=(1,))
    back = 3 * length / (0.1 + 0.9 / 2)  # what is left of a first step in the second turn of two

    PercAl(steps=2, goal_step=length, colour_step=back)(Recognition(model, to_class(0)), images)

    first, second = (((seen - images) * 255).round() for seen in model.seen[1:3])
    assert first[..., :4].unique().tolist() == [0]
    assert second[..., :4].max() >= 1


def test_beyond_the_border_it_goes_back_towards_the_colours():
    images = lattice(1, 3, 16, 16)
    weights = torch.randn(3, 16, 16, generator=torch.Generator().manual_seed(0))
    model = Told(weights, there=range(1, 99))
    distance = ColourDifference().to(images)

    PercAl(steps=12)(Recognition(model, to_class(0)), images)

    far = [distance(seen, ROW).item() for seen in model.seen]
    assert far[0] == 0
    assert far[1] > 0
    assert all(later < earlier for earlier, later in pairwise(far[1:]))


def test_the_way_back_is_that_of_colours_and_not_of_samples():
    # A blue that is moved as far as a green costs less colour: the green goes back faster.
    images = grey(8)
    weights = torch.zeros(3, 8, 8)
    weights[1], weights[2] = 1, 1
    model = Told(weights, there=range(1, 99))

    PercAl(steps=5, goal_step=1.0, colour_step=0.2)(Recognition(model, to_class(0)), images)

    back = (model.seen[2] - model.seen[1]).squeeze(0).mean(dim=(1, 2))
    assert back[1] > 2 * back[2].abs()
    assert back.norm() * 8 == pytest.approx(0.2, rel=0.05)


@pytest.mark.parametrize(
    ("goal", "length"), [(Untargeted, 0.1), (Targeted, 0.5)], ids=["away", "towards"]
)
def test_the_first_step_back_depends_on_the_goal(goal, length):
    images = grey(8)
    model = Told(torch.ones(3, 8, 8), there=range(1, 99))
    wanted = torch.tensor([0 if goal is Untargeted else 1])

    with pytest.raises(KeyboardInterrupt):
        PercAl(steps=1000, goal_step=2.0)(Recognition(model, goal(wanted)), images, watch=third)

    back = model.seen[2] - model.seen[1]
    assert back.norm().item() == pytest.approx(length, rel=0.1)


def test_only_the_slope_that_is_followed_is_computed():
    # Missed, missed, reached, reached, missed, reached: a gradient for the first look that finds
    # the goal and for each that misses it; a forward pass for each that is asked about first.
    model = Told(torch.ones(3, 8, 8), there=(2, 3, 6, 7))

    outcome = PercAl(steps=6)(Recognition(model, to_class(0)), grey(8))

    # Passes 0, 1, 2: looks; 3: offered, there; 4: offered, missed, then 5: a look; 6: offered,
    # there; 7: the last offer.
    assert outcome.gradients.tolist() == [4]
    assert len(model.seen) == 8
    assert outcome.forwards.tolist() == [4]


def test_the_nearest_that_was_at_the_goal_is_published():
    model = Told(torch.ones(3, 8, 8), there=(1, 2, 3))
    images = grey(8)
    distance = ColourDifference().to(images)

    outcome = PercAl(steps=5)(Recognition(model, to_class(0)), images)

    there = [distance(seen, ROW).item() for seen in model.seen[1:4]]
    assert outcome.reached.all()
    assert distance(outcome.images, ROW).item() == pytest.approx(min(there))


def test_it_costs_less_colour_than_the_shortest_way_to_the_border():
    images = lattice(1, 3, 16, 16, seed=3) * 0.6 + 0.2
    images = (images * 255).round() / 255
    plane = TwoSidedPlane(torch.randn(3, 16, 16, generator=torch.Generator().manual_seed(4)))
    plane.offset = plane.side(images).item() - 5
    shortest = images - plane.weights * 5 / plane.weights.square().sum()

    outcome = PercAl(steps=60)(Recognition(plane, to_class(0)), images)

    distance = ColourDifference().to(images)
    assert outcome.reached.all()
    assert plane.side(shortest).item() == pytest.approx(0, abs=1e-3)
    assert distance(outcome.images, ROW) < 0.95 * distance(shortest, ROW)


@pytest.mark.parametrize(
    "settings", [{"steps": 0}, {"goal_step": 0.0}, {"colour_step": -1.0}], ids=str
)
def test_it_refuses_settings_that_make_no_sense(settings):
    (name,) = settings

    with pytest.raises(SettingError, match=name):
        PercAl(**settings)
