import math

import pytest
import torch
from oracles import Projection, Ramp, TwoSidedPlane, lattice

from sublimen.attacks import (
    Dodge,
    Impersonate,
    JndPerceptual,
    PerceptualLoss,
    Recognition,
    Targeted,
    Untargeted,
)
from sublimen.attacks.lengths import unit_maximum
from sublimen.errors import SettingError

LABELS = torch.tensor([0])
REFERENCE = torch.zeros(1, 2)


def stubborn(images):
    """Always class 0, yet with a slope."""
    change = images.flatten(1).mean(dim=1, keepdim=True).tanh()
    return torch.cat([3 + change, -change], dim=1)


def starts(goal, model=stubborn, **settings):
    """Rounds at which an attempt begins, the weights b that the loss has seen, and the outcome."""
    seen = []
    images = lattice(1, 3, 4, 4)

    def watch(state):
        if state.round == 0:
            seen.append(state)

    attack = JndPerceptual(jnd=Ramp(), **settings)
    outcome = attack(Recognition(model, goal), images, watch=watch)
    return len(seen), outcome


@pytest.mark.parametrize("goal", [Untargeted(LABELS), Targeted(LABELS + 1)])
def test_after_exactly_thirty_failures_nothing_is_held_back_and_the_next_is_the_last(goal):
    attempts, outcome = starts(goal, steps=2)

    assert attempts == 31
    assert outcome.iterations.tolist() == [62]
    assert outcome.gradients.tolist() == [62]
    assert outcome.reached.tolist() == [False]


@pytest.mark.parametrize(
    ("goal", "first", "second"),
    [
        (Untargeted(LABELS), 1500, 1450),
        (Dodge(REFERENCE, 0.6), 1500, 1450),
        (Targeted(LABELS), 30, 29),
        (Impersonate(REFERENCE, 0.6), 30, 29),
    ],
)
def test_the_published_schedules_follow_the_goal(goal, first, second):
    beta, delta = JndPerceptual().schedule(goal)

    assert (beta, beta + delta) == (first, second)
    assert JndPerceptual(beta=7.0).schedule(goal) == (7.0, delta)
    assert JndPerceptual(delta=-3.0).schedule(goal) == (beta, -3.0)


@pytest.mark.parametrize(("beta", "attempts"), [(0.0, 1), (1.0, 2), (2.5, 4)])
def test_a_weight_is_never_below_nothing(beta, attempts):
    assert starts(Untargeted(LABELS), beta=beta, delta=-1.0, steps=1)[0] == attempts


def trajectory(*, warm_start=False, **settings):
    """Levels of a single sample that climbs one level a step towards a goal out of reach."""
    levels = []

    def model(images):
        levels.append(round(images[0, 0, 0, 0].item() * 255, 3))
        side = images.flatten(1).sum(dim=1, keepdim=True)
        return torch.cat([side, 3 - side], dim=1)

    attack = JndPerceptual(jnd=Ramp(floor=2 / 255, slope=0.0), warm_start=warm_start, **settings)
    attack(Recognition(model, Untargeted(LABELS + 1)), torch.full((1, 1, 1, 1), 100 / 255))
    return levels


def test_an_attempt_starts_from_the_original_or_where_the_last_has_ended():
    # Three steps, the verdict on the last step and its loss; twice.
    free = {"beta": 1e-9, "delta": -1.0, "steps": 3}

    assert trajectory(**free) == [100, 101, 102, 103, 103, 100, 101, 102, 103, 103]
    again = trajectory(**free, warm_start=True)
    assert again == [100, 101, 102, 103, 103, 103, 104, 105, 106, 106]


def test_the_perceptual_loss_holds_the_image_at_the_map_and_lets_go_when_its_weight_is_gone():
    # J is two levels. At a large weight the third level is climbed and left again.
    held = trajectory(beta=100.0, delta=-100.0, steps=6, per=PerceptualLoss(arm="l1"))

    assert held[:6] == [100, 101, 102, 103, 102, 103]
    assert held[8:14] == [100, 101, 102, 103, 104, 105]


def test_alpha_weighs_the_goal_against_the_perceptual_loss():
    settings = {"beta": 100.0, "delta": -100.0, "steps": 5, "per": PerceptualLoss(arm="l1")}

    strong = trajectory(alpha=1e4, **settings)

    assert strong[:5] == [100, 101, 102, 103, 104]


def test_the_largest_change_of_a_step_is_the_step_size(generator):
    images = lattice(1, 3, 8, 8).clamp(0.2, 0.8)
    seen = []
    plane = TwoSidedPlane(torch.randn(3, 8, 8, generator=generator), offset=-30.0)

    def model(candidates):
        seen.append(candidates.detach())
        return plane(candidates)

    JndPerceptual(jnd=Ramp(), beta=0.0, steps=2, step_size=2.5 / 255)(
        Recognition(model, Untargeted(LABELS)), images
    )

    change = seen[1] - seen[0]
    assert change.abs().max().item() == pytest.approx(2.5 / 255, rel=1e-4)
    ratio = change / plane.weights
    torch.testing.assert_close(ratio, ratio.mean().expand_as(ratio), rtol=1e-2, atol=1e-5)
    assert ratio.mean() < 0


def test_a_gradient_of_nothing_stays_nothing():
    gradient = torch.zeros(2, 1, 2, 2)
    gradient[1, 0, 0, 0] = -4e-30

    scaled = unit_maximum(gradient)

    assert (scaled[0] == 0).all()
    assert scaled[1].abs().max().item() == 1
    assert scaled[1].min().item() == -1


@pytest.mark.parametrize("arm", ["l1", "l1-ori", "l2", "l2-ori", "l1+l2", "full"])
def test_every_arm_reaches_a_goal_that_can_be_reached(arm, generator):
    images = lattice(1, 3, 6, 6)
    plane = TwoSidedPlane(torch.randn(3, 6, 6, generator=generator))
    plane.offset = plane.side(images).item() - 0.5
    attack = JndPerceptual(jnd=Ramp(), per=PerceptualLoss(arm=arm), steps=40, beta=20.0, delta=-5.0)

    outcome = attack(Recognition(plane, Untargeted(LABELS)), images)

    assert outcome.reached.all()
    assert (plane.side(outcome.images) < 0).all()


def test_it_stops_at_the_first_image_that_is_there_when_rounded():
    levels = []

    def model(images):
        levels.append(images.item() * 255)
        side = images.flatten(1).sum(dim=1, keepdim=True) - 104.2 / 255
        return torch.cat([side, -side], dim=1)

    outcome = JndPerceptual(jnd=Ramp(), step_size=0.5 / 255)(
        Recognition(model, Untargeted(LABELS + 1)), torch.full((1, 1, 1, 1), 100 / 255)
    )

    # 104.5 is there as it is, but rounds to the even 104; 105 is the next.
    assert outcome.reached.tolist() == [True]
    assert (outcome.images * 255).round().item() == 105
    assert outcome.gradients.tolist() == [len(set(levels)) - 1]


def test_a_dodge_of_the_photo_itself_goes_on_from_its_first_step(generator):
    # Small steps stay near the summit for a while; they must not be drawn anew each time.
    images = lattice(1, 3, 6, 6).clamp(0.2, 0.8)
    model = Projection(torch.randn(2, 3, 6, 6, generator=generator))
    problem = Recognition(model, Dodge(model(images), threshold=5.0))

    outcome = JndPerceptual(jnd=Ramp(), beta=0.0, steps=6, step_size=0.1 / 255)(problem, images)

    distances = (-outcome.trace[:, 0]).sqrt()
    assert distances[0] == 0
    assert (distances.diff() > 0).all()
    assert outcome.forwards.tolist() == [1 + 2]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"alpha": 0.0}, "alpha must be above 0"),
        ({"beta": -1.0}, "beta must be at least 0 and finite"),
        ({"beta": math.inf}, "beta must be at least 0 and finite"),
        ({"beta": math.nan}, "beta must be at least 0 and finite"),
        ({"delta": 0.0}, "delta must be below 0"),
        ({"delta": math.nan}, "delta must be below 0"),
        ({"steps": 0}, "steps must be at least 1"),
        ({"step_size": 0.0}, "step_size must be above 0"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(SettingError, match=message):
        JndPerceptual(**settings)
