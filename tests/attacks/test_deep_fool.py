import pytest
import torch
from oracles import Projection, TwoSidedPlane, lattice, plane_beyond

from sublimen.attacks import DeepFool, Dodge, Recognition, Targeted, Untargeted
from sublimen.attacks.deep_fool import shortest
from sublimen.attacks.look import Directions
from sublimen.errors import SettingError

ZERO = torch.tensor([0])


def away(model, number):
    return Recognition(model, Untargeted(torch.zeros(number, dtype=torch.int64)))


def test_a_plane_is_crossed_in_one_step_with_the_overshoot():
    images = lattice(3, 3, 8, 8).clamp(0.25, 0.75).mul(255).round() / 255
    plane = plane_beyond(images, 60 / 255)

    outcome = DeepFool()(away(plane, 3), images)

    least = plane.side(images) / plane.weights.norm()
    assert outcome.reached.all()
    assert (outcome.distance <= 1.04 * least).all()
    assert (outcome.distance >= 1.01 * least).all()
    # The step, and the look that finds it there; each with the single way of two classes.
    assert outcome.gradients.tolist() == [2, 2, 2]


def test_it_goes_the_way_that_is_nearest_not_the_one_of_the_closest_logit():
    # From (100, 100): class 1 lags by 10 at a slope of 1, class 2 by 12 at a slope of 2. The
    # second is 6 levels away; with the overshoot of a tenth and the nudge 6.63.
    def model(candidates):
        first, second = (candidates.flatten(1) * 255 - 100).unbind(dim=1)
        return torch.stack([0 * first, first - 10, 2 * second - 12], dim=1)

    images = torch.full((1, 1, 1, 2), 100 / 255)

    outcome = DeepFool(overshoot=0.1)(away(model, 1), images)

    assert (outcome.images * 255).round().flatten().tolist() == [100, 107]
    # Both ways cost a gradient, before the step and where it ends.
    assert outcome.gradients.tolist() == [4]


def test_steps_add_up_where_the_model_is_curved():
    # h = v^2 / 10 - 10 at v = 20, with v = 120 minus the levels: Newton's 20, 12.5, 10.25 ...
    points = []

    def model(candidates):
        levels = 120 - (candidates.flatten(1)[:, 0] * 255)
        points.append(levels.item())
        excess = levels.square() / 10 - 10
        return torch.stack([excess, 0 * excess], dim=1)

    images = torch.full((1, 1, 1, 1), 100 / 255, dtype=torch.float64)
    outcome = DeepFool(overshoot=1e-9)(away(model, 1), images)

    # The nudge is 1e-4 of 255 levels.
    second = 12.5 - 0.0255
    third = second - (second**2 / 10 - 10) / (2 * second / 10) - 0.0255
    assert points[:3] == pytest.approx([20, second, third], abs=1e-6)
    assert outcome.reached.all()


def test_what_rounding_loses_is_found_further_along_the_change():
    # 100 samples of equal slope that need 0.3 of a level each. With nudge and overshoot that is
    # 0.309, which rounds to nothing, and so do 0.37 and 0.44; 0.53 does not.
    images = torch.full((1, 1, 10, 10), 100 / 255)
    plane = TwoSidedPlane(-torch.ones(1, 10, 10), offset=-100 * 100.3 / 255)

    outcome = DeepFool()(away(plane, 1), images)

    assert outcome.reached.all()
    assert (outcome.images * 255).round().flatten().tolist() == [101] * 100
    assert outcome.gradients.tolist() == [2]
    assert outcome.forwards.tolist() == [1 + 3]


def test_of_what_rounding_loses_the_steepest_samples_move_first():
    images = torch.full((1, 1, 4, 8), 100 / 255)
    weights = -torch.linspace(0.5, 1.5, 32).view(1, 4, 8)
    plane = TwoSidedPlane(weights)
    plane.offset = plane.side(images).item() - 2.0 / 255

    outcome = DeepFool()(away(plane, 1), images)

    moved = (outcome.images != images).flatten()
    assert outcome.reached.all()
    assert 0 < moved.sum() < 32
    assert moved[-moved.sum() :].all()


def test_where_no_length_helps_the_model_is_shown_the_rounded_copy():
    # The goal is a strip of the sum a + 0.3 b, from 0.25 to 0.35 levels above the original. The
    # way there is (1, 0.3), on which rounding leads from (0, 0) to (1, 0) and (2, 1), past it.
    points = []

    def model(candidates):
        change = candidates.flatten(1) * 255 - 100
        points.append([round(v, 4) for v in change.flatten().tolist()])
        excess = (change[:, 0] + 0.3 * change[:, 1] - 0.3).abs() - 0.05
        return torch.stack([excess, 0 * excess], dim=1)

    images = torch.full((1, 1, 1, 2), 100 / 255, dtype=torch.float64)

    outcome = DeepFool(steps=5)(away(model, 1), images)

    fractional = [n for n, point in enumerate(points) if point != [round(v) for v in point]]
    assert fractional == [1]
    assert points[-1][0] > 0
    assert outcome.gradients.tolist() == [5]
    assert not outcome.reached.any()


def test_without_a_slope_nothing_moves():
    found = Directions(torch.tensor([[3.0, 4.0]]), torch.zeros(2, 1, 1, 2, 2), ZERO > 0)

    assert (shortest(found) == 0).all()


def test_a_way_without_a_slope_is_not_taken():
    gradients = torch.zeros(2, 1, 1, 1, 2)
    gradients[1, ..., 1] = 2.0
    found = Directions(torch.tensor([[0.1, 4.0]]), gradients, ZERO > 0)

    step = shortest(found)

    torch.testing.assert_close(step, torch.tensor([[[[0.0, -2.0001]]]]))


def test_a_target_and_a_face_are_single_ways():
    images = lattice(2, 3, 8, 8).clamp(0.25, 0.75).mul(255).round() / 255
    plane = plane_beyond(images, 60 / 255)
    model = Projection(torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(2)))

    towards = DeepFool()(Recognition(plane, Targeted(torch.tensor([1, 1]))), images)
    dodged = DeepFool()(Recognition(model, Dodge(model(images), 4.0)), images)

    assert (plane.side(towards.images) < 0).all()
    assert (towards.distance <= 1.04 * plane.side(images) / plane.weights.norm()).all()
    assert dodged.reached.all()
    assert towards.gradients.tolist() == [2, 2]


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"steps": 0}, "steps must be at least 1"), ({"overshoot": 0.0}, "overshoot must be above 0")],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(SettingError, match=message):
        DeepFool(**settings)
