import itertools
import math

import pytest
import torch
from oracles import Projection, Ramp, lattice, plane_beyond

from sublimen.attacks import Alma, Dodge, Recognition, Targeted, Untargeted
from sublimen.attacks.alma import Balance, constraint, first_step, penalty_slope
from sublimen.attacks.distances import (
    BeyondJnd,
    ColourDifference,
    Distance,
    Euclidean,
    JndWeighted,
    StructuralDissimilarity,
)
from sublimen.attacks.lengths import times
from sublimen.errors import SettingError

ROWS = torch.arange(2)

EACH = [
    Euclidean(),
    StructuralDissimilarity(),
    ColourDifference(),
    JndWeighted(jnd=Ramp()),
    BeyondJnd(jnd=Ramp()),
]


@pytest.fixture
def images():
    return lattice(2, 3, 16, 16).clamp(0.25, 0.75).mul(255).round() / 255


def away(model, number=2):
    return Recognition(model, Untargeted(torch.zeros(number, dtype=torch.int64)))


def test_it_comes_to_the_nearest_point_of_a_plane(images):
    plane = plane_beyond(images, 80 / 255)

    outcome = Alma()(away(plane), images)

    assert outcome.reached.all()
    assert (outcome.distance <= 1.03 * plane.side(images) / plane.weights.norm()).all()
    assert torch.equal((outcome.images * 255).round() / 255, outcome.images)


def test_in_units_of_a_map_it_goes_where_the_map_is_large(images):
    # The least |d / J| with w . d = s is s / |w J|, along w J^2.
    jnd = Ramp(floor=1 / 255, slope=20 / 255)
    plane = plane_beyond(images, 80 / 255)
    distance = JndWeighted(jnd=jnd)
    measure = distance.to(images)

    weighted = Alma(distance=distance)(away(plane), images)
    plain = Alma()(away(plane), images)

    scale = (plane.weights * jnd(images)).flatten(1).norm(dim=1) * math.sqrt(images[0].numel())
    least = plane.side(images) / scale
    assert weighted.reached.all()
    assert (measure(weighted.images, ROWS) <= 1.05 * least).all()
    assert (measure(plain.images, ROWS) > 1.1 * least).all()


@pytest.mark.parametrize("scale", [0.01, 100.0])
def test_flat_and_steep_models_are_the_same_to_it(scale, images):
    plane = plane_beyond(images, 80 / 255)
    least = plane.side(images) / plane.weights.norm()
    plane.weights, plane.offset = scale * plane.weights, scale * plane.offset

    outcome = Alma()(away(plane), images)

    assert (outcome.distance <= 1.03 * least).all()


def test_three_classes_have_the_ratio_of_logits_and_two_the_excess():
    two, three = torch.tensor([[5.0, 2.0]]), torch.tensor([[5.0, 2.0, 1.0]])
    goal = Untargeted(torch.tensor([0]))

    assert constraint(goal, two).item() == 3
    assert constraint(goal, three).item() == pytest.approx(3 / 4)


@pytest.mark.parametrize("distance", EACH, ids=lambda distance: type(distance).__name__)
def test_every_distance_is_lowered(distance, images):
    # The nearest in that distance among all at the goal that it has looked at is the result, and
    # it is nearer than the first that was found.
    plane = plane_beyond(images[:1], 40 / 255)
    seen = []

    def model(candidates):
        seen.append(candidates.detach())
        return plane(candidates)

    outcome = Alma(distance=distance)(away(model, 1), images[:1])

    measure, row = distance.to(images[:1]), torch.tensor([0])
    far = [measure(z, row).item() for z in seen if plane.side(z) < 0]
    assert outcome.reached.all()
    assert measure(outcome.images, row).item() == pytest.approx(min(far))
    assert min(far) < 0.9 * far[0]


@pytest.mark.parametrize("y", [-3.0, -0.2, 0.0, 0.4, 2.0])
@pytest.mark.parametrize(("mu", "rho"), [(1.0, 1.0), (0.3, 5.0)])
def test_the_slope_of_the_penalty_is_its_derivative(y, mu, rho):
    def penalty(at):
        if at >= 0:
            return mu * at + mu * rho * at**2 + rho**2 * at**3 / 6
        return mu * at / (1 - rho * at)

    point = torch.tensor([y, mu, rho], dtype=torch.float64).split(1)

    slope = penalty_slope(point[0], point[2], point[1])

    expected = (penalty(y + 1e-6) - penalty(y - 1e-6)) / 2e-6
    assert slope.item() == pytest.approx(expected, rel=1e-4)


def follow(excesses, *, kept=0.5, reached=lambda y: y < 0):
    balance = Balance(torch.ones(1, dtype=torch.float64), kept)
    slopes = []
    for turn, y in enumerate(excesses):
        value = torch.tensor([y], dtype=torch.float64)
        slopes.append(balance.note(turn, value, torch.tensor([reached(y)])).item())
    return balance, slopes


def test_the_multiplier_follows_the_slope_of_the_penalty_from_the_second_step_on():
    balance, slopes = follow([1.0, 1.0])

    # P' at y = mu = rho = 1 is 1 + 2 + 1/2; mu then is half way from 1 to 3.5, and P' there
    # 2.25 + 4.5 + 0.5.
    assert balance.mu.item() == pytest.approx(2.25)
    assert slopes == pytest.approx([3.5, 7.25])


def test_the_multiplier_sinks_beyond_the_goal_but_not_to_nothing():
    balance, _ = follow([-1.0] * 3)
    sunk, _ = follow([-1.0] * 400)

    # P' = mu / 4 at y = -1: mu is 1, 0.625, 0.390625.
    assert balance.mu.item() == pytest.approx(0.625**2)
    assert sunk.mu.item() == pytest.approx(1e-6)


@pytest.mark.parametrize(
    ("excesses", "rho"),
    [
        ([1.0] * 9, 1.0),
        ([1.0] * 10, 1.2),
        ([1.0] * 20, 1.44),
        ([1.0] * 9 + [0.96], 1.2),
        ([1.0] * 9 + [0.94], 1.0),
        ([1.0] * 9 + [0.94] * 11, 1.2),
        ([-1.0] + [1.0] * 19, 1.0),
    ],
)
def test_the_penalty_hardens_every_ten_steps_without_progress_or_success(excesses, rho):
    balance, _ = follow(excesses)

    assert balance.rho.item() == pytest.approx(rho)


def test_steps_wane_from_the_first_success_on():
    balance, _ = follow([1.0, 1.0, 1.0, 1.0, -1.0, 1.0, -1.0])
    never, _ = follow([1.0])

    assert balance.waned(4, 104).item() == 0
    assert balance.waned(54, 104).item() == 0.5
    assert balance.waned(104, 104).item() == 1
    assert never.waned(99, 100).item() == 0


@pytest.mark.parametrize("distance", EACH, ids=lambda distance: type(distance).__name__)
@pytest.mark.parametrize("size", [1e-12, 1.0, 1e6])
def test_the_first_step_goes_as_far_as_it_should(distance, size, images, generator):
    slope = size * torch.randn(images.shape, generator=generator)
    measure, wanted = distance.to(images), 5 * distance.to(images)(images + 2 / 255, ROWS).min()

    factor = first_step(measure, images, slope, wanted.item())

    reached = measure((images - times(slope, factor)).clamp(0, 1), ROWS)
    torch.testing.assert_close(reached, wanted.expand(2), rtol=1e-2, atol=1e-9)


def test_a_first_step_goes_a_level_in_one_sample_even_where_the_distance_asks_for_less(images):
    slope = torch.zeros_like(images)
    slope[:, 0, 0, :2] = torch.tensor([-4.0, 1.0])

    factor = first_step(Euclidean().to(images), images, slope, 1e-5)

    torch.testing.assert_close(factor, torch.full((2,), 0.25 / 255))


def test_a_first_step_that_can_never_be_far_enough_is_the_largest():
    images = torch.full((1, 1, 2, 2), 0.5)

    factor = first_step(Euclidean().to(images), images, -2 * torch.ones_like(images), 100.0)
    nothing = first_step(Euclidean().to(images), images, torch.zeros_like(images), 1.0)

    assert factor.item() == pytest.approx(0.5, rel=1e-3)
    assert nothing.isfinite().all()


class Recorded(Distance):
    """The Euclidean distance, and of what slopes and values were taken."""

    first_step = 0.1

    def __init__(self):
        self.sloped, self.valued = [], []

    def to(self, images):
        measure = Euclidean().to(images)

        def distance(candidates, rows):
            kind = self.sloped if candidates.requires_grad else self.valued
            kind.append(candidates.detach())
            return measure(candidates, rows)

        return distance


def test_the_distance_of_what_is_published_counts_and_its_slope_is_taken_unrounded(images):
    distance = Recorded()

    Alma(distance=distance)(away(plane_beyond(images, 80 / 255)), images)

    published = distance.valued[17:]  # after those of the length of the first step
    assert len(distance.sloped) == 99
    assert all(torch.equal((z * 255).round() / 255, z) for z in published)
    assert not any(torch.equal((z * 255).round() / 255, z) for z in distance.sloped)


def test_the_last_steps_are_a_hundredth_of_the_first(images):
    distance = Recorded()

    Alma(distance=distance)(away(plane_beyond(images, 80 / 255)), images)

    moves = [(b - a).norm().item() for a, b in itertools.pairwise(distance.sloped)]
    assert max(moves[-5:]) < 0.02 * max(moves[:20])


def test_a_target_and_a_face_work(images):
    plane = plane_beyond(images, 80 / 255)
    model = Projection(torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(2)))
    targets = torch.ones(2, dtype=torch.int64)

    towards = Alma()(Recognition(plane, Targeted(targets)), images)
    dodged = Alma()(Recognition(model, Dodge(model(images), 6.0)), images)

    least = 6.0 / torch.linalg.svdvals(model.weights.flatten(1)).max()
    assert (plane.side(towards.images) < 0).all()
    assert (towards.distance <= 1.03 * plane.side(images) / plane.weights.norm()).all()
    assert dodged.reached.all()
    assert (dodged.distance <= 1.1 * least).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 0}, "steps must be at least 1"),
        ({"smoothing": 1.0}, "smoothing must be in"),
        ({"smoothing": -0.1}, "smoothing must be in"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(SettingError, match=message):
        Alma(**settings)
