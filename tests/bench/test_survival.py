import io

import numpy as np
import pytest
import torch
from PIL import Image

from sublimen.attacks import Bim, Linf, Recognition, Untargeted
from sublimen.bench.survival import Survival, recompressed
from sublimen.errors import SettingError
from sublimen.imaging.levels import from_bytes, to_bytes
from tests.attacks.oracles import TwoSidedPlane, lattice


@pytest.fixture
def images():
    return lattice(2, 3, 16, 16) * 0.6 + 0.2


@pytest.fixture
def plane(images):
    """A plane whose border is a few levels away from every image."""
    weights = torch.randn(3, 16, 16, generator=torch.Generator().manual_seed(1))
    plane = TwoSidedPlane(weights)
    plane.offset = plane.side(images).min().item() - 3 * weights.abs().sum().item() / 255
    return plane


def test_what_is_left_is_what_pillow_decodes():
    levels = np.random.default_rng(0).integers(0, 256, (24, 16, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(levels).save(buffer, "JPEG", quality=75)

    decoded = to_bytes(recompressed(from_bytes(levels), 75))

    assert np.array_equal(decoded, np.asarray(Image.open(buffer)))


def test_grey_images_stay_grey():
    grey = lattice(2, 1, 16, 16)

    decoded = recompressed(grey, 90)

    assert decoded.shape == grey.shape
    assert not torch.equal(decoded, grey)


def test_the_verdict_is_on_what_jpeg_leaves(images, plane):
    problem = Survival(plane, Untargeted(plane(images).argmax(dim=1)), 75)
    moved = (images - 3.3 / 255 * plane.weights.sign()).clamp(0, 1)

    plain = Recognition(plane, problem.goal)

    by_hand = plane.side(recompressed(moved, 75)) < 0
    assert torch.equal(problem.reached(moved), by_hand)
    assert plain.reached(moved).any()
    assert not problem.reached(moved).all()


def test_the_output_is_that_of_the_decoded_image_with_a_straight_slope(images, plane):
    problem = Survival(plane, Untargeted(plane(images).argmax(dim=1)), 90)
    points = images.clone().requires_grad_()

    output = problem.output(points)
    (slope,) = torch.autograd.grad(output[:, 0].sum(), points)

    torch.testing.assert_close(output, plane(recompressed(images, 90)))
    torch.testing.assert_close(slope, plane.weights.expand_as(images))


def test_an_attack_goes_on_until_it_survives(images, plane):
    goal = Untargeted(plane(images).argmax(dim=1))
    attack = Bim(budget=Linf(24 / 255), steps=80, step_size=0.05)

    plain = attack(Recognition(plane, goal), images)
    sturdy = attack(Survival(plane, goal, 75), images)

    assert plain.reached.all()
    assert not goal.reached(plane(recompressed(plain.images, 75))).all()
    assert sturdy.reached.all()
    assert goal.reached(plane(recompressed(sturdy.images, 75))).all()


def test_some_images_of_the_problem_have_their_own_goals(plane):
    problem = Survival(plane, Untargeted(torch.tensor([0, 1])), 75)

    (own,) = problem.at(torch.tensor([1])).goal.labels.tolist()

    assert own == 1


@pytest.mark.parametrize("quality", [0, 101])
def test_a_quality_that_pillow_does_not_have_is_refused(plane, quality):
    with pytest.raises(SettingError, match="quality must be at"):
        Survival(plane, Untargeted(torch.tensor([0])), quality)
