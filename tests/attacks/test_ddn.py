import pytest
import torch
from oracles import Projection, lattice, plane_beyond

from sublimen.attacks import Ddn, Dodge, Recognition, Targeted, Untargeted
from sublimen.errors import SettingError

ZERO = torch.tensor([0])


def levels(*samples):
    """One image of a few samples in 8-bit levels."""
    return torch.tensor(samples, dtype=torch.float64).view(1, 1, 1, -1) / 255


def shown_by(attack, slopes, images, border):
    """What a model is shown, in levels, whose slope is another one in each pass.

    It is of class 0 until the sum of the samples is beyond the border, in levels.
    """
    turns = iter(slopes)
    points = []

    def model(candidates):
        points.append([round(v, 6) for v in (candidates * 255).flatten().tolist()])
        slope = candidates.new_tensor(next(turns))
        side = (candidates.flatten(1) * slope).sum(dim=1)
        missing = border / 255 - candidates.detach().flatten(1).sum(dim=1)
        side = missing - side + side.detach()
        return torch.stack([side, torch.zeros_like(side)], dim=1)

    outcome = attack(Recognition(model, Untargeted(ZERO)), images)
    return points, outcome


def test_the_radius_shrinks_at_the_goal_and_grows_before_it():
    # With one sample z = 100 + e. 20 grows to 21, there; 19.95, there; 18.95 rounds to 119, there
    # no more; 19.9 again.
    attack = Ddn(steps=4, radius=20 / 255)

    points, outcome = shown_by(attack, [[1.0]] * 5, levels(100), border=119.5)

    assert points == [[100], [121], [120], [119], [120]]
    assert (outcome.images * 255).item() == pytest.approx(120)
    assert outcome.gradients.tolist() == [4]
    assert outcome.forwards.tolist() == [1]


def test_the_radius_stays_within_the_room_of_the_image():
    # 150 would grow to 157.5, but from 100 there are only 155 to white; 147.25 follows.
    points, outcome = shown_by(Ddn(steps=3, radius=150 / 255), [[1.0]] * 4, levels(100), 254.5)

    assert points[:3] == [[100], [255], [247]]
    assert outcome.reached.all()


def test_the_step_falls_along_half_a_cosine_and_turns_the_change():
    # Radii 105 and 110.25. The second step, at a quarter of the cosine, is 0.01 + 0.99 * 0.85355
    # of 50, at right angles to the first: 42.75. Scaled to the radius: 102.1 and 41.57.
    attack = Ddn(steps=4, step_size=50 / 255, radius=100 / 255)

    points, _ = shown_by(attack, [[1.0, 0.0], [0.0, 1.0], *[[0.0, 0.0]] * 3], levels(0, 0), 1000)

    assert points[:3] == [[0, 0], [105, 0], [102, 42]]


def test_a_copy_keeps_changes_below_half_a_level_and_an_iterate_forgets_them():
    # The second sample has a fifth of the slope: 0.4 of a level at first.
    slopes, images = [[1.0, 0.2]] * 41, levels(100, 100)

    def last(rounded):
        attack = Ddn(steps=40, step_size=0.1 / 255, radius=2 / 255, rounded=rounded)
        return shown_by(attack, slopes, images, border=1000)[0][-1]

    # Twenty levels along (1, 0.2) after forty rounds, 2 * 1.05^40 = 14.08 from the original.
    assert last("copy") == [114, 103]
    assert last("iterate") == [114, 100]


@pytest.mark.parametrize("rounded", ["copy", "iterate"])
def test_it_comes_to_the_nearest_point_of_a_plane(rounded):
    images = lattice(3, 3, 8, 8).clamp(0.25, 0.75).mul(255).round() / 255
    plane = plane_beyond(images, 40 / 255)
    problem = Recognition(plane, Untargeted(torch.zeros(3, dtype=torch.int64)))

    outcome = Ddn(rounded=rounded)(problem, images)

    least = plane.side(images) / plane.weights.norm()
    assert outcome.reached.all()
    assert (outcome.distance <= 1.02 * least).all()
    assert torch.equal((outcome.images * 255).round() / 255, outcome.images)


def test_it_comes_to_the_nearest_point_towards_a_target():
    images = lattice(2, 3, 8, 8).clamp(0.25, 0.75).mul(255).round() / 255
    plane = plane_beyond(images, 60 / 255)

    outcome = Ddn()(Recognition(plane, Targeted(torch.ones(2, dtype=torch.int64))), images)

    assert (plane.side(outcome.images) < 0).all()
    assert (outcome.distance <= 1.02 * plane.side(images) / plane.weights.norm()).all()


def test_a_face_is_dodged_along_the_direction_in_which_the_embedding_changes_most():
    # |W d| > t is reached with the least |d| along the first singular vector: t / s_1.
    images = lattice(2, 3, 8, 8).clamp(0.25, 0.75).mul(255).round() / 255
    weights = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(2))
    weights[1] *= 0.5
    model = Projection(weights)
    threshold = 2.0

    outcome = Ddn()(Recognition(model, Dodge(model(images), threshold)), images)

    least = threshold / torch.linalg.svdvals(weights.flatten(1)).max()
    assert outcome.reached.all()
    assert (outcome.distance <= 1.02 * least).all()


def test_the_result_is_the_nearest_of_all_that_were_at_the_goal(generator):
    images = lattice(1, 3, 6, 6)
    network = curved(generator)
    label = network(images).argmax(dim=1)
    seen = []

    def model(candidates):
        seen.append(candidates.detach())
        return network(candidates)

    outcome = Ddn(steps=30)(Recognition(model, Untargeted(label)), images)

    there = [z for z in seen if network(z).argmax(dim=1) != label]
    lengths = [(z - images).norm().item() for z in there]
    assert outcome.reached.all()
    assert outcome.distance.item() == pytest.approx(min(lengths))
    assert lengths[-1] > min(lengths)


def curved(generator):
    first, second = (torch.randn(n, generator=generator) for n in ((108, 8), (8, 4)))
    return lambda images: (images.flatten(1) @ first).tanh() @ second


def test_without_a_slope_nothing_moves():
    def flat(images):
        return images.flatten(1)[:, :2] * 0 + torch.tensor([1.0, 0.0])

    images = lattice(1, 1, 3, 3)

    outcome = Ddn(steps=5)(Recognition(flat, Untargeted(ZERO)), images)

    assert torch.equal(outcome.images, images)
    assert not outcome.reached.any()


@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 0}, "steps must be at least 1"),
        ({"step_size": 0.0}, "step_size must be above 0"),
        ({"radius": 0.0}, "radius must be above 0"),
        ({"gamma": 0.0}, "gamma must be in"),
        ({"gamma": 1.0}, "gamma must be in"),
        ({"rounded": "never"}, "rounded must be copy or iterate"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(SettingError, match=message):
        Ddn(**settings)
