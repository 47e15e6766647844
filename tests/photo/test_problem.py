from pathlib import Path

import numpy as np
import pytest
import torch

from sublimen.attacks.face_goal import Dodge
from sublimen.attacks.joint import JointGoal
from sublimen.imaging.levels import to_levels
from sublimen.photo.encoding import Codec
from sublimen.photo.file import Photo
from sublimen.photo.panel import embedding
from sublimen.photo.patch import Patch
from sublimen.photo.problem import FaceProblem, goal_of_all
from sublimen.photo.region import region_of
from tests.photo.tiny import FACE, Other, Tiny, photo

NETWORKS = (Tiny(4), Other(6, seed=1))


def problem(networks=NETWORKS, levels=None, face=FACE, margin=0.0):
    levels = photo() if levels is None else levels
    box = region_of(face, networks, levels)
    region = levels[box.y0 : box.y1, box.x0 : box.x1]
    allowance = torch.full((1, region.shape[2], box.height, box.width), 0.2)
    references = [embedding(network, levels, face) for network in networks]
    return FaceProblem(
        networks=networks,
        goal=goal_of_all(networks, references, margin),
        patch=Patch(box, region, region, allowance),
        face=face,
        codec=Codec(Photo(levels=levels, alpha=None, format="PNG", lossless=True), Path("a.png")),
        photo=levels,
    )


def test_the_output_is_the_embeddings_side_by_side():
    found = problem()

    output = found.output(found.patch.images)

    expected = [embedding(network, photo(), FACE) for network in NETWORKS]
    torch.testing.assert_close(output, torch.cat(expected, dim=1), rtol=0, atol=1e-4)
    assert output.shape == (1, 10)


def test_what_is_published_is_read_at_the_photos_own_resolution():
    found = problem()
    change = torch.zeros_like(found.patch.images)
    change[..., 40:90, 40:100] = 0.1

    published = found.published(found.patch.images + change)

    levels = photo()
    box = found.patch.box
    levels[box.y0 : box.y1, box.x0 : box.x1] = found.compose(
        to_levels(found.patch.images + change) - found.patch.images
    )
    expected = [embedding(network, levels, FACE) for network in NETWORKS]
    torch.testing.assert_close(published, torch.cat(expected, dim=1), rtol=0, atol=1e-5)
    torch.testing.assert_close(
        found.output(found.patch.images + change), published, atol=0.02, rtol=0
    )


def test_a_large_face_is_seen_on_a_coarse_grid():
    levels = photo().repeat(4, axis=0).repeat(4, axis=1)
    face = type(FACE)(FACE.box, tuple((4 * x + 1.5, 4 * y + 1.5) for x, y in FACE.landmarks), None)
    found = problem(networks=(Tiny(),), levels=levels, face=face)

    assert max(found.patch.grid) == 320 < found.patch.box.width
    output = found.output(found.patch.images)
    torch.testing.assert_close(output, found.goal.references, rtol=0, atol=0.02)


def test_the_gradient_reaches_every_network():
    found = problem()
    images = found.patch.images.clone().requires_grad_()

    output = found.output(images)

    for part in (output[:, :4], output[:, 4:]):
        (slope,) = torch.autograd.grad(part.sum(), images, retain_graph=True)
        assert slope.isfinite().all()
        assert slope.abs().max() > 0


def test_the_goal_is_reached_when_every_surrogate_is_dodged():
    found = problem()
    outputs = torch.cat([found.goal.goals[0].references, found.goal.goals[1].references], dim=1)
    first, both = outputs.clone(), outputs.clone()
    first[:, 0] += 0.51
    both[:, 0] += 0.51
    both[:, 4] += 1.01

    reached = [found.goal.reached(one).item() for one in (outputs, first, both)]

    assert reached == [False, False, True]


def test_losses_are_counted_in_squares_of_their_thresholds():
    goal = goal_of_all(NETWORKS, [torch.zeros(1, 4), torch.zeros(1, 6)], margin=0.1)

    assert isinstance(goal, JointGoal)
    assert [part.threshold for part in goal.goals] == [0.5, 1.0]
    assert [part.margin for part in goal.goals] == [0.1, 0.1]
    assert goal.widths == (4, 6)
    output = torch.zeros(1, 10)
    output[:, 0], output[:, 4] = 0.5, 1.0
    assert goal.loss(output).item() == pytest.approx(-(4 * 0.25 + 1 * 1.0) / 5)


def test_one_surrogate_has_a_plain_goal():
    goal = goal_of_all(NETWORKS[:1], [torch.zeros(1, 4)], margin=0.2)

    assert isinstance(goal, Dodge)
    assert goal.margin == 0.2


def test_towards_somebody_is_a_goal_beside_leaving_oneself():
    wanted = [torch.ones(1, 2, 4), torch.ones(1, 3, 6)]
    goal = goal_of_all(NETWORKS, [torch.zeros(1, 4), torch.zeros(1, 6)], margin=0.3, towards=wanted)

    assert goal.towards
    away, likeness = zip(*(part.goals for part in goal.goals), strict=True)
    assert [one.margin for one in away] == [0.3, 0.3]
    assert [one.margin for one in likeness] == [0.25, 0.3]
    assert [one.references.shape[1] for one in likeness] == [2, 3]
    assert goal.reached(torch.ones(1, 10)).all()
    assert not goal.reached(torch.zeros(1, 10)).any()
    assert goal.misses(torch.zeros(1, 10)).shape == (1, 4)


def test_grey_photos_have_one_channel_to_change():
    grey = np.ascontiguousarray(photo()[..., :1])
    box = region_of(FACE, NETWORKS, grey)
    found = problem(levels=grey)

    assert found.patch.images.shape == (1, 1, box.height, box.width)
    assert found.output(found.patch.images).isfinite().all()
