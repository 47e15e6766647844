import math
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from oracles import Ramp, lattice

from sublimen.attacks import PerceptualLoss
from sublimen.attacks.distances import (
    DISTANCES,
    BeyondJnd,
    ColourDifference,
    Euclidean,
    JndWeighted,
    Seen,
    StructuralDissimilarity,
)
from sublimen.attacks.lengths import times
from sublimen.attacks.moves import PixelMoves, SampleMoves
from sublimen.errors import SettingError
from sublimen.metrics import METRICS

LOCAL = [
    Euclidean(),
    StructuralDissimilarity(),
    ColourDifference(),
    JndWeighted(jnd=Ramp()),
    BeyondJnd(jnd=Ramp()),
]

every = pytest.mark.parametrize("distance", LOCAL, ids=lambda distance: type(distance).__name__)


@pytest.fixture
def images():
    return lattice(3, 3, 14, 15)


@pytest.fixture
def candidates(images, generator):
    noise = torch.randn(images.shape, generator=generator) * 0.03
    return (images + noise).clamp(0, 1)


def all_of(images):
    return torch.arange(len(images))


@every
def test_the_original_is_at_no_distance_and_its_slope_is_finite(distance, images):
    leaf = images.clone().requires_grad_()

    values = distance.to(images)(leaf, all_of(images))
    (slope,) = torch.autograd.grad(values.sum(), leaf)

    torch.testing.assert_close(values.detach(), torch.zeros(3), atol=1e-6, rtol=0)
    assert slope.isfinite().all()


@every
@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_on_flat_fields_the_slope_is_finite_as_well(distance, level):
    images = torch.full((1, 3, 14, 14), level)
    change = torch.zeros_like(images)
    change[..., 5, 5] = 1 / 255 if level < 1 else -1 / 255

    for candidates in (images, images + change):
        leaf = candidates.clone().requires_grad_()
        (slope,) = torch.autograd.grad(distance.to(images)(leaf, all_of(images)).sum(), leaf)
        assert slope.isfinite().all()


@every
def test_further_along_the_same_change_is_further_away(distance, images, candidates):
    measure, rows = distance.to(images), all_of(images)

    near, far = (measure(torch.lerp(images, candidates, t), rows) for t in (0.5, 1.0))

    assert (0 < near).all()
    assert (near < far).all()


@every
def test_each_candidate_is_compared_with_the_original_of_its_row(distance, images, candidates):
    measure = distance.to(images)

    together = measure(candidates, all_of(images))
    chosen = measure(candidates[[2, 0]], torch.tensor([2, 0]))

    torch.testing.assert_close(chosen, together[[2, 0]])
    assert together[2] != pytest.approx(together[0].item())


@every
def test_a_batch_is_its_images_one_by_one(distance, images, candidates):
    together = distance.to(images)(candidates, all_of(images))

    alone = [
        distance.to(images[row : row + 1])(candidates[row : row + 1], torch.tensor([0]))
        for row in range(3)
    ]

    torch.testing.assert_close(torch.cat(alone), together)


@every
def test_a_grey_image_has_a_distance(distance):
    images = lattice(1, 1, 14, 14)
    candidates = (images + 0.02).clamp(0, 1)

    assert (distance.to(images)(candidates, torch.tensor([0])) > 0).all()


@every
def test_the_first_step_of_alma_is_shorter_than_four_levels_everywhere(distance, images):
    up = torch.where(images < 0.5, images + 4 / 255, images - 4 / 255)

    ratio = distance.to(images)(up, all_of(images)) / distance.first_step

    assert ((ratio > 1) & (ratio < 2000)).all()


def test_the_euclidean_distance_is_the_length_of_the_change(images):
    change = torch.zeros_like(images)
    change[0, 0, 0, 0], change[0, 2, 3, 4] = 0.3, -0.4

    distance = Euclidean().to(images)(images + change, all_of(images))

    torch.testing.assert_close(distance, torch.tensor([0.5, 0.0, 0.0]), atol=1e-6, rtol=1e-6)


def test_structural_dissimilarity_is_what_ssim_lacks(images, candidates):
    distance = StructuralDissimilarity().to(images)(candidates, all_of(images))

    torch.testing.assert_close(distance, 1 - METRICS["ssim"](images, candidates))


def test_a_uniform_difference_of_colour_counts_by_the_root_of_the_pixels():
    # Black and white differ by 100 in CIEDE2000, at each of 12 pixels.
    black = torch.zeros(1, 3, 3, 4)

    distance = ColourDifference().to(black)(torch.ones_like(black), torch.tensor([0]))

    assert distance.item() == pytest.approx(100 * math.sqrt(12), rel=1e-4)


def test_a_change_of_the_map_is_one_and_of_twice_the_map_two(images):
    distance = JndWeighted(jnd=Ramp())
    measure, jnd = distance.to(images), Ramp()(images)

    distances = measure(images + times(jnd, torch.tensor([1.0, -2.0, 0.5])), all_of(images))

    torch.testing.assert_close(distances, torch.tensor([1.0, 2.0, 0.5]))


def test_where_a_map_says_that_nothing_may_move_the_floor_counts():
    images = torch.zeros(1, 1, 3, 3)
    distance = JndWeighted(jnd=Ramp(floor=0.0, slope=1.0), floor=2 / 255)

    moved = distance.to(images)(images + 2 / 255, torch.tensor([0]))

    assert moved.item() == pytest.approx(1.0, rel=1e-5)


def test_beyond_the_map_it_is_the_papers_loss_and_the_mean_square_in_levels(images, candidates):
    jnd, per = Ramp(floor=1 / 255), PerceptualLoss(arm="l1+l2")
    rows = all_of(images)

    little = BeyondJnd(jnd=jnd, per=per, tie=1e-9).to(images)(candidates, rows)
    more = BeyondJnd(jnd=jnd, per=per, tie=1e-2).to(images)(candidates, rows)

    square = Euclidean().to(images)(candidates, rows).square() * 255**2 / images[0].numel()
    torch.testing.assert_close(little, per(candidates, images, jnd(images)), rtol=1e-4, atol=0)
    torch.testing.assert_close(more - little, 1e-2 * square, rtol=1e-3, atol=1e-6)


def test_inside_the_map_only_the_second_term_is_left(images):
    distance = BeyondJnd(jnd=Ramp(floor=3 / 255), tie=0.5)

    # Two levels everywhere: 0.5 * 2^2.
    values = distance.to(images)(images + 2 / 255, all_of(images))

    torch.testing.assert_close(values, torch.full((3,), 2.0), rtol=1e-4, atol=1e-6)


@every
def test_weights_are_above_nothing_and_those_of_each_image_alone(distance, images):
    weights = distance.weights(images)

    assert weights.shape == images.shape
    assert (weights > 0).all()
    assert weights.isfinite().all()
    torch.testing.assert_close(distance.weights(images[1:2]), weights[1:2])


@pytest.mark.parametrize(
    "distance", [ColourDifference(), JndWeighted(jnd=Ramp())], ids=["colour", "jnd"]
)
def test_a_weight_is_the_square_of_the_distance_that_one_level_makes(distance, images):
    measure, weights = distance.to(images), distance.weights(images)
    costs, expected = [], []

    for place in ((0, 0, 0), (1, 7, 3), (2, 13, 14)):
        moved = images[:1].clone()
        moved[(0, *place)] += -1 / 255 if moved[(0, *place)] >= 0.5 else 1 / 255
        costs.append(measure(moved, torch.tensor([0])).square())
        expected.append(weights[(0, *place)])

    ratio = torch.cat(costs) / torch.stack(expected)
    torch.testing.assert_close(ratio, ratio[:1].expand(3), rtol=2e-2, atol=0)


def test_channels_of_a_pixel_are_seen_together():
    images = (0.2 + 0.6 * lattice(1, 3, 4, 4)).mul(255).round() / 255
    distance = ColourDifference()
    measure, moves = distance.to(images), distance.moves(images)
    ratios = []
    for change in ([1, 0, 0], [0, 1, 0], [1, 1, 0], [1, 1, 1], [-1, 1, 0], [2, 1, -1]):
        moved = images + torch.tensor(change).view(1, 3, 1, 1) / 255
        ratios.append((moves.length(moved) / measure(moved, torch.tensor([0]))).item())

    assert isinstance(moves, PixelMoves)
    np.testing.assert_allclose(ratios, np.mean(ratios), rtol=0.1)


def test_a_grey_picture_has_no_channels_to_be_seen_together():
    assert isinstance(ColourDifference().moves(lattice(1, 1, 4, 4)), SampleMoves)


def test_in_the_map_every_level_costs_the_same_and_beyond_it_more_by_channel():
    images = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2).expand(1, 3, 1, 2)
    distance = BeyondJnd(jnd=Ramp(floor=0.5 / 255, slope=1.0), outside=2.0)

    weights = distance.weights(images)

    # Black may move by half a level: 1 + 2 M / 2 with M = 3, 5, 1.
    torch.testing.assert_close(weights[0, :, 0, 0], torch.tensor([4.0, 6.0, 2.0]))
    assert (weights[..., 1] == 1).all()


def test_structure_costs_less_where_there_is_more_of_it():
    flat = torch.full((1, 1, 14, 14), 0.5)

    assert (StructuralDissimilarity().weights(flat) > 10).all()
    textured = StructuralDissimilarity().weights(lattice(1, 1, 14, 14))
    assert (textured < StructuralDissimilarity().weights(flat)).all()


def test_every_distance_has_a_name_and_a_first_step():
    kinds = {type(distance) for distance in LOCAL} | {Seen}

    assert set(DISTANCES.values()) == kinds
    assert all(kind.first_step > 0 for kind in DISTANCES.values())
    assert all(kind() == kind() for kind in DISTANCES.values())


@pytest.mark.slow
@pytest.mark.skipif(find_spec("pycvvdp") is None, reason="the meter needs the extra cvvdp")
def test_what_is_seen_grows_with_the_change_and_each_picture_has_its_own():
    images = 0.25 + 0.5 * lattice(2, 3, 256, 256)
    measure = Seen().to(images)
    leaf = (images + 4 / 255 * (lattice(2, 3, 256, 256, seed=1) - 0.5).sign()).requires_grad_()

    near = measure(leaf, torch.arange(2))
    (slope,) = torch.autograd.grad(near.sum(), leaf)
    with torch.no_grad():
        none = measure(images, torch.arange(2))
        other = measure(leaf[1:], torch.tensor([1]))

    torch.testing.assert_close(none, torch.zeros(2), atol=0.05, rtol=0)
    assert (near > 0.05).all()
    assert slope.isfinite().all()
    assert (slope != 0).flatten(1).any(dim=1).all()
    assert other.item() == pytest.approx(near[1].item(), rel=1e-4)


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (JndWeighted, {"floor": 0.0}, "floor must be above 0"),
        (BeyondJnd, {"outside": 0.0}, "outside must be above 0"),
        (BeyondJnd, {"tie": 0.0}, "tie must be above 0"),
    ],
)
def test_settings_out_of_range_are_refused(kind, settings, message):
    with pytest.raises(SettingError, match=message):
        kind(**settings)
