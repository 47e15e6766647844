import math

import pytest
import torch
from oracles import TwoSidedPlane, lattice

from sublimen.attacks import Recognition, Ssah, Targeted, Untargeted
from sublimen.attacks.ssah import _similarity, low_frequencies
from sublimen.errors import ModelError, SettingError


def never(images):
    """A model whose verdict no picture changes, and which follows the pictures all the same."""

    def model(shown):
        far = shown.flatten(1).mean(dim=1)
        return torch.stack([9 + far, far], dim=1)

    return Recognition(model, Untargeted(torch.zeros(len(images), dtype=torch.int64)))


def checkerboard(height, width):
    rows, columns = torch.arange(height)[:, None], torch.arange(width)
    return ((rows + columns) % 2).float() * 2 - 1


def test_a_constant_picture_is_its_low_frequencies():
    constant = torch.full((2, 3, 7, 10), 0.3)

    torch.testing.assert_close(low_frequencies(constant), constant)


def test_low_frequencies_are_means_of_two_by_two():
    image = torch.tensor([[[[0.0, 0.2, 0.5], [0.4, 0.6, 0.7]]]])

    expected = torch.tensor([[[[0.3, 0.3, 0.6], [0.3, 0.3, 0.6]]]])
    torch.testing.assert_close(low_frequencies(image), expected)


def test_low_frequencies_are_the_lowest_band_of_an_orthonormal_haar_transform(generator):
    image = torch.rand(1, 1, 6, 8, generator=generator)

    # Rows of the synthesis matrix of each side: (1, 1) / sqrt(2) at every second place.
    tall = torch.kron(torch.eye(3), torch.full((1, 2), math.sqrt(0.5)))
    wide = torch.kron(torch.eye(4), torch.full((1, 2), math.sqrt(0.5)))
    expected = tall.T @ tall @ image[0, 0] @ wide.T @ wide
    torch.testing.assert_close(low_frequencies(image)[0, 0], expected)


def test_a_purely_high_frequency_change_costs_nothing():
    images = torch.full((1, 3, 8, 8), 0.5)
    held = Ssah()._held(images)
    rows = torch.tensor([0])

    fine = held(images + 0.1 * checkerboard(8, 8), rows)
    coarse = held(images + 0.1, rows)

    assert fine.item() == pytest.approx(0, abs=1e-9)
    assert coarse.item() == pytest.approx(0.1 * 192 * 0.1**2 / 2, rel=1e-4)


def test_the_first_step_is_that_of_adam_in_the_variables_of_the_tangent():
    # At 0.75: dz/dw = (1 - 0.5^2) / 2 = 3/8, and Adam's first step is the learning rate.
    images = torch.full((1, 1, 4, 4), 191 / 255)
    seen = []

    def features(shown):
        seen.append(shown.detach().clone())
        return torch.cat([shown.flatten(1), torch.ones(len(shown), 1)], dim=1)

    attack = Ssah(features=features, steps=2, learning_rate=0.02, low_frequency=0.0)
    attack(never(images), images)

    # Three pictures that stay fixed, the original as it is made of its variables, the first step.
    moved = (seen[4] - images).flatten()
    assert len(seen) == 5
    torch.testing.assert_close(seen[1], 1 - images)
    slope = (1 - (2 * 191 / 255 - 1) ** 2) / 2
    torch.testing.assert_close(moved.abs(), torch.full((16,), 0.02 * slope), rtol=0.02, atol=0)
    # Towards the negative, which is darker.
    assert (moved < 0).all()


def test_features_leave_their_own_and_come_to_the_less_similar_partner(generator):
    images = lattice(1, 3, 8, 8)
    weights = torch.randn(6, 192, generator=generator)

    def features(shown):
        return (shown.flatten(1) - 0.5) @ weights.T

    outcome = Ssah(features=features, steps=60, learning_rate=0.02)(never(images), images)

    own, moved, negative = (features(p) for p in (images, outcome.images, 1 - images))
    before = torch.cosine_similarity(own, negative).item()
    assert before == pytest.approx(-1)  # features of the negative are opposite
    assert torch.cosine_similarity(moved, own).item() < 0.7
    assert torch.cosine_similarity(moved, negative).item() > before + 0.3


def test_a_larger_weight_leaves_more_of_the_low_frequencies(generator):
    images = torch.full((1, 3, 16, 16), 0.5)
    images = ((images + 0.1 * torch.randn(images.shape, generator=generator)) * 255).round() / 255
    weights = torch.randn(6, 768, generator=generator)

    def low(weight):
        attack = Ssah(
            features=lambda shown: (shown.flatten(1) - 0.5) @ weights.T,
            steps=40,
            learning_rate=0.02,
            low_frequency=weight,
        )
        moved = low_frequencies(attack(never(images), images).images) - low_frequencies(images)
        return moved.norm().item()

    assert low(50.0) < 0.5 * low(0.0)


def test_without_features_a_longer_output_is_another_one():
    # The angle between (s, -s) and (s', -s') is 0 for all s, s' > 0: nothing would move.
    images = lattice(1, 3, 8, 8)
    plane = TwoSidedPlane(torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(1)))
    plane.weights *= (plane.side(images) - plane.side(1 - images)).sign()
    plane.offset = plane.side(images).item() - 2  # the negative lies beyond
    problem = Recognition(plane, Untargeted(torch.tensor([0])))

    outcome = Ssah(steps=100, learning_rate=0.02)(problem, images)

    assert outcome.reached.all()
    assert (plane.side(outcome.images) < 0).all()


def test_a_goal_that_is_named_is_descended_itself():
    # No features are asked for.
    def broken(_):
        raise AssertionError

    images = lattice(1, 3, 8, 8)
    plane = TwoSidedPlane(torch.ones(3, 8, 8))
    plane.offset = plane.side(images).item() - 3
    problem = Recognition(plane, Targeted(torch.tensor([1])))

    outcome = Ssah(features=broken, learning_rate=0.01)(problem, images)

    assert outcome.reached.all()
    assert outcome.gradients > 1


def test_similarities_are_weighted_by_what_they_lack():
    # cos = 0.6 and 0.8: u = 0.6 - 0.2, v = 1.2 - 0.8; both are held fixed in the slope.
    found = torch.tensor([[1.0, 0.0], [1.0, 0.0]], requires_grad=True)
    own = torch.tensor([[0.6, 0.8], [0.0, 1.0]])
    partner = torch.tensor([[0.8, -0.6], [0.6, 0.8]])

    loss = _similarity(found, own, partner, margin=0.2)
    (slopes,) = torch.autograd.grad(loss.sum(), found)

    # Across a unit vector the slope of a cosine is the other's part across.
    torch.testing.assert_close(loss, torch.tensor([0.4 * 0.6 - 0.4 * 0.8, -0.6 * 0.6]))
    torch.testing.assert_close(slopes[:, 1], torch.tensor([0.4 * 0.8 + 0.4 * 0.6, -0.6 * 0.8]))


def test_samples_without_a_slope_stay():
    images = lattice(1, 1, 8, 8)
    weights = torch.zeros(3, 64)
    weights[:, :32] = torch.randn(3, 32, generator=torch.Generator().manual_seed(2))
    attack = Ssah(
        features=lambda shown: shown.flatten(1) @ weights.T,
        steps=20,
        learning_rate=0.02,
        low_frequency=0.0,
    )

    moved = attack(never(images), images).images != images

    assert moved[..., :4, :].any()
    assert not moved[..., 4:, :].any()


def test_every_pass_is_counted_without_features_of_its_own():
    images = lattice(1, 3, 8, 8)
    inner = never(images)
    calls = []

    def model(shown):
        calls.append(len(shown))
        return inner.model(shown)

    outcome = Ssah(steps=4)(Recognition(model, inner.goal), images)

    assert outcome.gradients.tolist() == [4]
    assert outcome.forwards.item() + 4 == sum(calls)


def test_every_pass_is_counted():
    images = lattice(1, 3, 8, 8)
    calls = {"model": 0, "features": 0}
    inner = never(images)

    def model(shown):
        calls["model"] += len(shown)
        return inner.model(shown)

    def features(shown):
        calls["features"] += len(shown)
        return shown.flatten(1)

    outcome = Ssah(features=features, steps=4)(Recognition(model, inner.goal), images)

    assert outcome.gradients.tolist() == [4]
    assert calls["features"] == 3 + 4
    assert outcome.forwards.item() == calls["model"] + 3


def test_features_without_a_gradient_are_refused():
    images = lattice(1, 3, 8, 8)

    with pytest.raises(ModelError, match="differentiable"):
        Ssah(features=lambda shown: shown.detach().flatten(1))(never(images), images)


@pytest.mark.parametrize(
    "settings",
    [{"steps": 0}, {"learning_rate": 0.0}, {"margin": -0.1}, {"low_frequency": -1.0}],
    ids=str,
)
def test_it_refuses_settings_that_make_no_sense(settings):
    (name,) = settings

    with pytest.raises(SettingError, match=name):
        Ssah(**settings)
