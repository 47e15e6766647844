import math

import pytest
import torch
from oracles import Projection, lattice, plane_beyond

from sublimen.attacks import CarliniWagner, Dodge, Recognition, Targeted, Untargeted
from sublimen.attacks.carlini_wagner import Trials
from sublimen.errors import SettingError

SHORT = {"searches": 6, "constant": 0.1, "step_size": 0.01}


def away(model, number):
    return Recognition(model, Untargeted(torch.zeros(number, dtype=torch.int64)))


def test_it_comes_close_to_the_nearest_point_of_a_plane():
    images = lattice(2, 3, 8, 8).clamp(0.25, 0.75).mul(255).round() / 255
    plane = plane_beyond(images, 60 / 255)

    outcome = CarliniWagner(**SHORT)(away(plane, 2), images)

    least = plane.side(images) / plane.weights.norm()
    assert outcome.reached.all()
    assert (outcome.distance <= 1.05 * least).all()
    assert torch.equal((outcome.images * 255).round() / 255, outcome.images)


def seen_by(attack, level, side):
    """What a model of one sample is shown, in levels."""
    points = []

    def model(images):
        levels = images.flatten(1).sum(dim=1) * 255
        points.append(round(levels.item()))
        excess = side(levels)
        return torch.stack([excess, 0 * excess], dim=1)

    outcome = attack(away(model, 1), torch.full((1, 1, 1, 1), level / 255, dtype=torch.float64))
    return points, outcome


def test_the_first_step_of_adam_is_its_rate_in_the_variables_of_tanh():
    # Wherever the slope points, w moves by 0.5: levels 51 to (tanh(atanh(-0.6) + 0.5) + 1) / 2.
    moved = 255 * (math.tanh(math.atanh(-0.6) + 0.5) + 1) / 2

    points, _ = seen_by(
        CarliniWagner(searches=1, steps=2, step_size=0.5), 51, lambda levels: 1000 - levels
    )

    assert points == [51, round(moved)]
    assert round(moved) == 103


def test_the_second_step_weighs_both_slopes_as_adam_does():
    # From 5 levels, w = -1.95, with excess 1000 - v: a slope of c 2 z (1 - z) in w. At c = 1e6 the
    # distance is nothing beside it, so that only z (1 - z) of both points matters.
    start = math.atanh(2 * 5 / 255 - 1)
    first = 5 / 255 * 250 / 255
    z = (math.tanh(start + 2) + 1) / 2
    second = z * (1 - z)
    mean = (0.9 * 0.1 * first + 0.1 * second) / (1 - 0.9**2)
    square = (0.999 * 0.001 * first**2 + 0.001 * second**2) / (1 - 0.999**2)
    after = start + 2 + 2 * mean / math.sqrt(square)

    points, _ = seen_by(
        CarliniWagner(searches=1, steps=3, step_size=2.0, constant=1e6),
        5,
        lambda levels: 1000 - levels,
    )

    assert points == [5, round(255 * z), round(255 * (math.tanh(after) + 1) / 2)]


def test_black_is_left_if_slowly():
    # w = atanh(-1 + 1e-6) = -7.25, six steps of 1 from -1.25.
    points, _ = seen_by(
        CarliniWagner(searches=1, steps=2, step_size=6.0, constant=1e6),
        0,
        lambda levels: 1000 - levels,
    )

    assert points == [0, round(255 * (math.tanh(6 - math.atanh(1 - 1e-6)) + 1) / 2)]
    assert points[1] > 10


def test_beyond_the_goal_only_the_distance_is_lowered():
    # At the goal beyond 120. Steps of 2 or 3 levels; the weighted slope of the goal would keep
    # them up to the end, the distance alone brings them to rest.
    points, outcome = seen_by(
        CarliniWagner(searches=1, step_size=0.02, constant=100.0),
        100,
        lambda levels: (120 - levels) / 255,
    )

    assert points[:3] == [100, 102, 105]
    assert min(level for level in points if level > 120) == 122
    assert (outcome.images * 255).round().item() == 122
    assert points[-1] - points[-5] <= 4


def test_each_search_starts_at_the_original_and_ends_where_the_loss_stands_still():
    settings = {"searches": 3, "steps": 3, "step_size": 0.5, "constant": 1e6}

    falling, outcome = seen_by(CarliniWagner(**settings), 51, lambda levels: 1000 - levels)
    flat, given_up = seen_by(CarliniWagner(**settings), 51, lambda levels: 1000 + 0 * levels)

    assert falling[0] == 51 < falling[1] < falling[2]
    assert falling == 3 * falling[:3]
    assert outcome.gradients.tolist() == [9]
    assert flat == [51] * 6
    assert given_up.gradients.tolist() == [6]


def test_a_weight_rises_tenfold_until_the_goal_is_found_and_is_halved_in_between():
    trials = Trials(torch.tensor([1e-3]), steps=1)
    weights = []

    for found in (False, False, True, True, False):
        ended = trials.note(torch.tensor([found]), torch.tensor([1.0]))
        assert ended.all()
        trials.renew(ended)
        weights.append(trials.constant.item())

    # Between 0.01, which failed, and 0.1; then 0.055 found it, and 0.0325 did not.
    assert weights == pytest.approx([0.01, 0.1, 0.055, 0.0325, 0.04375])
    assert trials.made.tolist() == [5]


def test_a_search_is_given_up_where_the_loss_stands_still_and_goes_on_where_it_falls():
    trials = Trials(torch.tensor([1.0, 1.0]), steps=20)
    never = torch.tensor([False, False])
    ends = []

    for turn in range(20):
        ended = trials.note(never, torch.tensor([5.0, 5.0 - 0.1 * turn]))
        ends.append(ended.tolist())
        trials.renew(ended)

    # Every second loss is compared with the one before it; a new search has nothing before it.
    assert [turn for turn, (still, _) in enumerate(ends) if still] == [2, 5, 8, 11, 14, 17]
    assert [turn for turn, (_, falling) in enumerate(ends) if falling] == [19]
    assert trials.made.tolist() == [6, 1]


def test_a_success_in_one_search_does_not_count_for_the_next():
    trials = Trials(torch.tensor([1.0]), steps=1)

    for found in (True, False):
        trials.renew(trials.note(torch.tensor([found]), torch.tensor([1.0])))

    assert trials.constant.item() == pytest.approx(0.75)


def test_a_target_with_a_margin_and_a_face_work():
    images = lattice(2, 3, 8, 8).clamp(0.25, 0.75).mul(255).round() / 255
    plane = plane_beyond(images, 60 / 255)
    model = Projection(torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(2)))
    goal = Targeted(torch.tensor([1, 1]), margin=2.0)

    towards = CarliniWagner(**SHORT)(Recognition(plane, goal), images)
    dodged = CarliniWagner(**SHORT)(Recognition(model, Dodge(model(images), 2.0)), images)

    least = 2.0 / torch.linalg.svdvals(model.weights.flatten(1)).max()
    assert (plane.side(towards.images) <= -1).all()
    assert (towards.distance <= 1.05 * (plane.side(images) + 1) / plane.weights.norm()).all()
    assert dodged.reached.all()
    assert (dodged.distance <= 1.2 * least).all()


def test_black_and_white_are_no_infinities():
    images = torch.tensor([0.0, 1.0, 0.5, 0.5]).view(1, 1, 2, 2)
    images = (images * 255).round() / 255

    def model(candidates):
        side = 0.1 - candidates.flatten(1)[:, 2:].sum(dim=1) + images[0, 0, 1].sum()
        return torch.stack([-side + 0.2, 0 * side], dim=1)

    outcome = CarliniWagner(**SHORT)(away(model, 1), images)

    assert outcome.images.isfinite().all()
    assert outcome.images.flatten()[:2].tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"searches": 0}, "searches must be at least 1"),
        ({"steps": 0}, "steps must be at least 1"),
        ({"step_size": 0.0}, "step_size must be above 0"),
        ({"constant": 0.0}, "constant must be above 0"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(SettingError, match=message):
        CarliniWagner(**settings)
