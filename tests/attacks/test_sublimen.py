"""The attack with visibility as the constraint: closed forms, and what it is not."""

import pytest
import torch
from oracles import Projection, TwoSidedPlane, lattice

from sublimen.attacks import Dodge, Joint, Linf, Recognition, Sublimen, Untargeted
from sublimen.attacks.distances import Distance, Euclidean
from sublimen.attacks.search import Search
from sublimen.attacks.transformations import Noise, Transformation
from sublimen.errors import SettingError

QUIET = Noise(sigma=1e-4 / 255)


def plain(**settings):
    return Sublimen(
        **{
            "seen": Euclidean(),
            "visibility": 0.3,
            "budget": Linf(40 / 255),
            "view": QUIET,
            **settings,
        }
    )


@pytest.fixture
def images():
    return lattice(2, 3, 8, 8, seed=4) * 0.5 + 0.25


@pytest.fixture
def plane(images):
    weights = torch.randn(images.shape[1:], generator=torch.Generator().manual_seed(1))
    plane = TwoSidedPlane(weights)
    plane.offset = plane.side(images).min().item() - 100 * weights.norm().item()
    return plane


def against(plane, images):
    return Recognition(plane, Untargeted(plane(images).argmax(dim=1)))


def test_what_is_published_reads_just_as_much_as_is_allowed(plane, images):
    outcome = plain(visibility=0.3)(against(plane, images), images)

    lengths = (outcome.images - (images * 255).round() / 255).flatten(1).norm(dim=1)
    assert (lengths <= 0.3).all()
    assert (lengths > 0.28).all()


def test_inside_a_ball_it_finds_the_best_direction_and_not_a_sign(plane, images):
    outcome = plain(visibility=0.6)(against(plane, images), images)

    change = (outcome.images - images).flatten(1)
    best = -plane.weights.flatten()
    along = torch.cosine_similarity(change, best[None], dim=1)
    signs = torch.cosine_similarity(best.sign(), best, dim=0)
    assert (along > 0.93).all()
    assert (along > signs + 0.1).all()


def test_it_follows_the_reading_not_the_ball(plane, images):
    class Rows(Distance):
        """Ten times as visible in the upper half."""

        first_step = 0.1

        def to(self, images):
            def distance(candidates, rows):
                change = candidates - images[rows]
                upper, lower = change[:, :, :4], change[:, :, 4:]
                return (
                    100 * upper.square().flatten(1).sum(1)
                    + lower.square().flatten(1).sum(1)
                    + 1e-12
                ).sqrt()

            return distance

    outcome = plain(seen=Rows(), visibility=0.5)(against(plane, images), images)

    change = (outcome.images - images).abs()
    assert change[:, :, 4:].mean() > 5 * change[:, :, :4].mean()


def test_the_box_holds_whatever_the_reading_says(plane, images):
    outcome = plain(budget=Linf(2 / 255), visibility=50.0)(against(plane, images), images)

    moved = (outcome.images * 255 - (images * 255).round()).abs().round()
    assert moved.max() == 2


def test_a_recogniser_that_is_far_beyond_its_goal_leaves_the_change_to_the_other(images):
    easy = torch.zeros(1, *images.shape[1:])
    easy[:, :, :4] = 1.0
    hard = torch.zeros_like(easy)
    hard[:, :, 4:] = 0.05
    models = [Projection(easy), Projection(hard)]
    problems = [Recognition(m, Dodge(m(images), threshold=0.3)) for m in models]

    outcome = plain(visibility=0.6)(Joint.of(problems, images), images)

    change = (outcome.images - images).abs()
    assert change[:, :, 4:].mean() > change[:, :, :4].mean()


def test_a_change_that_others_scale_is_neither_scaled_nor_rounded(plane, images):
    attack, problem = plain(visibility=0.3), against(plane, images)

    change = attack.change(Search(problem, images))

    published = attack(problem, images)
    assert ((images + change).mul(255).frac() > 0.01).float().mean() > 0.5
    along = torch.cosine_similarity(
        change.flatten(1), (published.images - images).flatten(1), dim=1
    )
    assert (along > 0.97).all()


def test_what_is_at_its_goal_as_it_came_is_not_changed(plane, images):
    labels = plane(images).argmax(dim=1)
    labels[0] = 1 - labels[0]

    change = plain().change(Search(Recognition(plane, Untargeted(labels)), images))

    assert not change[0].any()
    assert change[1].any()


def test_each_step_costs_one_gradient(plane, images):
    problem = against(plane, images)

    outcome = plain(steps=7)(problem, images)

    assert outcome.gradients.tolist() == [7, 7]
    assert outcome.iterations.tolist() == [7, 7]


def test_slopes_are_taken_through_the_view_alone(plane, images):
    class LeftHalf(Transformation):
        """Shows the left half only."""

        def see(self, images, draw):
            del draw
            mask = torch.zeros_like(images)
            mask[..., :4] = 1
            return images * mask

    outcome = plain(view=LeftHalf(), visibility=0.6)(against(plane, images), images)

    change = (outcome.images - images).abs()
    assert change[..., :4].mean() > 10 * change[..., 4:].mean()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"visibility": 0.0}, "visibility must be above 0"),
        ({"steps": 0}, "steps must be at least 1"),
        ({"beyond": -1.0}, "beyond must be at least 0"),
        ({"temperature": 0.0}, "temperature must be above 0"),
        ({"momentum": 1.0}, r"momentum must be in \[0, 1\)"),
        ({"scaling": -0.1}, r"scaling must be in \[0, 1\)"),
    ],
)
def test_settings_out_of_range_are_refused(settings, sentence):
    with pytest.raises(SettingError, match=sentence):
        plain(**settings)
