import math

import pytest
import torch
from oracles import Projection, lattice, plane_beyond

from sublimen.attacks import (
    Bim,
    Dodge,
    Fmn,
    Impersonate,
    Linf,
    Recognition,
    Targeted,
    Untargeted,
)
from sublimen.attacks.lengths import lengths
from sublimen.errors import SettingError

ZERO = torch.tensor([0])


@pytest.fixture
def images():
    return lattice(3, 3, 8, 8).clamp(0.25, 0.75).mul(255).round() / 255


def away(model, number):
    return Recognition(model, Untargeted(torch.zeros(number, dtype=torch.int64)))


def test_it_comes_to_the_nearest_point_of_a_plane(images):
    plane = plane_beyond(images, 40 / 255)

    outcome = Fmn()(away(plane, 3), images)

    assert outcome.reached.all()
    assert (outcome.distance <= 1.02 * plane.side(images) / plane.weights.norm()).all()
    assert torch.equal((outcome.images * 255).round() / 255, outcome.images)


def test_the_largest_change_is_the_least_number_of_whole_levels_that_can_do_it(images):
    # Every sample by e changes the side by e |w|_1.
    plane = plane_beyond(images, 80 / 255)

    outcome = Fmn(norm="linf")(away(plane, 3), images)

    least = (255 * plane.side(images) / plane.weights.abs().sum()).ceil()
    largest = (255 * lengths(outcome.images - images, math.inf)).round()
    assert outcome.reached.all()
    assert least.max() > least.min() >= 3
    assert torch.equal(largest, least)


def test_the_largest_change_is_no_larger_than_that_of_the_smallest_budget_for_bim(generator):
    images = lattice(1, 3, 8, 8)
    first, second = (torch.randn(n, generator=generator) for n in ((192, 12), (12, 4)))

    def network(candidates):
        return (candidates.flatten(1) @ first / 8).tanh() @ second

    problem = Recognition(network, Untargeted(network(images).argmax(dim=1)))

    outcome = Fmn(norm="linf")(problem, images)

    budgets = (n for n in range(1, 64) if Bim(budget=Linf(n / 255))(problem, images).reached.all())
    assert outcome.reached.all()
    assert (255 * lengths(outcome.images - images, math.inf)).round().item() <= next(budgets)


def test_the_radius_follows_the_border():
    # One sample from 100: the slope of the side is 1 up to 105 levels, where it says that the
    # border is at 110; it is at 109.5. Once it was found, the radius changes by gamma alone:
    # 0.0428241, 0.0255 and 0.0081759 in rounds 1, 2 and 3 of 4.
    points = []

    def model(candidates):
        levels = candidates.flatten(1).sum(dim=1) * 255
        points.append(round(levels.item(), 4))
        side = torch.where(levels < 105, 110 - levels, 109.5 - levels)
        return torch.stack([side, -side], dim=1)

    start = torch.full((1, 1, 1, 1), 100 / 255, dtype=torch.float64)
    outcome = Fmn(steps=4, rounded="result")(away(model, 1), start)

    second = 10 * (1 - 0.0428241)
    third = second * (1 - 0.0255)
    # The last one is before the border: it grows, is published as 109 and is no success.
    expected = [100, 110, 100 + second, 100 + third, 109]
    assert points == pytest.approx(expected, abs=1e-4)
    assert (outcome.images * 255).item() == pytest.approx(110)


def test_the_radius_is_no_longer_than_the_least_length_that_was_at_the_goal():
    # The slope says that the border is 50 away; a step of 10 already leads beyond it. The radius
    # is 10 then, not 0.96 * 50, and the next step does not lead further.
    points = []

    def model(candidates):
        levels = candidates.flatten(1).sum(dim=1) * 255
        points.append(round(levels.item(), 4))
        side = torch.where(levels < 108, 150 - levels, 108 - levels)
        return torch.stack([side, -side], dim=1)

    start = torch.full((1, 1, 1, 1), 100 / 255, dtype=torch.float64)
    Fmn(steps=4, step_size=10 / 255)(away(model, 1), start)

    assert points[:3] == pytest.approx([100, 110, 110])


def test_the_border_in_the_largest_change_is_estimated_with_the_sum_of_slopes():
    # 20 levels are missing in the sum of two samples: 10 in each, not 20 / sqrt(2).
    points = []

    def model(candidates):
        levels = candidates.flatten(1).sum(dim=1) * 255
        points.append(candidates.flatten().mul(255).tolist())
        return torch.stack([220 - levels, levels - 220], dim=1)

    start = torch.full((1, 1, 1, 2), 100 / 255, dtype=torch.float64)
    Fmn(norm="linf", steps=2, rounded="result")(away(model, 1), start)

    assert points[1] == pytest.approx([110, 110])


def test_projections_lead_to_the_nearest_point_of_the_ball_and_leave_what_is_inside():
    changes = torch.tensor([[[[3.0, -4.0]]], [[[0.3, -0.4]]], [[[0.0, 0.0]]]])
    radius = torch.tensor([2.5, 2.5, 2.5])

    euclidean = Fmn().project(changes, radius)
    largest = Fmn(norm="linf").project(changes, radius)

    torch.testing.assert_close(euclidean[0], torch.tensor([[[1.5, -2.0]]]))
    torch.testing.assert_close(largest[0], torch.tensor([[[2.5, -2.5]]]))
    torch.testing.assert_close(euclidean[1:], changes[1:])
    assert torch.equal(largest[1:], changes[1:])


def test_what_is_found_unrounded_mostly_does_not_survive_rounding(images):
    # The reason for the copy: a float that touches the border loses half of it to rounding.
    plane = plane_beyond(images, 3 / 255)

    published = Fmn(rounded="result")(away(plane, 3), images)
    copied = Fmn(rounded="copy")(away(plane, 3), images)

    assert not published.reached.all()
    assert copied.reached.all()


def test_it_comes_to_the_nearest_point_towards_a_target(images):
    plane = plane_beyond(images, 60 / 255)
    targets = torch.ones(3, dtype=torch.int64)

    outcome = Fmn()(Recognition(plane, Targeted(targets)), images)

    assert (plane.side(outcome.images) < 0).all()
    assert (outcome.distance <= 1.02 * plane.side(images) / plane.weights.norm()).all()


def test_a_margin_of_logits_is_kept_at_the_least_distance(images):
    # Logits (s, -s) differ by 2 s: a margin of 6 asks for a side of -3.
    plane = plane_beyond(images, 40 / 255)
    goal = Untargeted(torch.zeros(3, dtype=torch.int64), margin=6.0)

    outcome = Fmn()(Recognition(plane, goal), images)

    assert (plane.side(outcome.images) <= -3).all()
    assert (outcome.distance <= 1.02 * (plane.side(images) + 3) / plane.weights.norm()).all()


def test_faces_are_dodged_and_impersonated_at_the_least_distance(images):
    # One feature f = w . x: both goals are planes, t / |w| and (gap - t) / |w| away.
    weights = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(2))
    model = Projection(weights)
    own, other = model(images), model(images) + 4.0

    dodged = Fmn()(Recognition(model, Dodge(own, 2.0)), images)
    taken = Fmn()(Recognition(model, Impersonate(other, 1.5)), images)

    assert dodged.reached.all()
    assert taken.reached.all()
    assert (dodged.distance <= 1.02 * 2.0 / weights.norm()).all()
    assert (taken.distance <= 1.02 * 2.5 / weights.norm()).all()


@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"norm": "l0"}, "norm must be one of l2, linf, got 'l0'"),
        ({"steps": 0}, "steps must be at least 1"),
        ({"step_size": 0.0}, "step_size must be above 0"),
        ({"gamma": 1.0}, "gamma and last_gamma must be in"),
        ({"last_gamma": 0.1}, "gamma and last_gamma must be in"),
        ({"last_gamma": 0.0}, "gamma and last_gamma must be in"),
        ({"rounded": "iterate"}, "rounded must be copy or result"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(SettingError, match=message):
        Fmn(**settings)
