import math

import torch

from sublimen.imaging.dct import COSINES
from sublimen.imaging.whole_number_dct import GAIN, WEIGHTS, coefficients, rounded, samples


def levels(*shape):
    """Whole levels less 128."""
    return torch.randint(-128, 128, shape, generator=torch.Generator().manual_seed(1)).float()


def test_weights_are_cosines_to_within_two_units_of_the_thirteenth_place():
    cosines = torch.tensor(COSINES) * math.sqrt(8)

    assert (torch.tensor(WEIGHTS) - cosines).abs().max() <= 1.5 / 8192


def test_a_flat_block_has_one_coefficient():
    numbers = coefficients(torch.full((1, 1, 8, 16), 5.0))

    # Eight times the orthonormal 8 v.
    assert numbers[0, 0, 0].tolist() == [320, 0, 0, 0, 0, 0, 0, 0] * 2
    assert not numbers[0, 0, 1:].any()


def test_each_block_is_transformed_where_it_lies():
    plane = levels(2, 3, 24, 16)
    cosines = torch.tensor(COSINES)

    numbers = coefficients(plane)

    block = plane[1, 2, 8:16, 8:16]
    assert (numbers == numbers.round()).all()
    expected = GAIN * cosines @ block @ cosines.T
    torch.testing.assert_close(numbers[1, 2, 8:16, 8:16], expected, atol=2.0, rtol=0)


def test_samples_come_back_to_within_one_level():
    plane = levels(2, 1, 16, 24)

    back = samples((coefficients(plane) / GAIN).round())

    assert (back - plane).abs().max() <= 2
    assert (back - plane).abs().mean() < 0.3


def test_the_slope_is_that_of_the_transform_without_rounding():
    plane, weights = levels(1, 1, 8, 8).requires_grad_(), levels(1, 1, 8, 8)
    cosines = torch.tensor(COSINES)

    (coefficients(plane) * weights).sum().backward()

    expected = GAIN * cosines.T @ weights[0, 0] @ cosines
    torch.testing.assert_close(plane.grad[0, 0], expected, atol=0.2, rtol=1e-3)


def test_rounding_adds_and_stays_within_limits_and_has_slope_one():
    values = torch.tensor([-3.2, -0.5, 0.5, 1.49, 9.0], requires_grad=True)

    result = rounded(values, torch.tensor([0.5, 0.5, 0.5, 0.25, 0.5]), limits=(-2, 5))
    result.sum().backward()

    assert result.tolist() == [-2, 0, 1, 1, 5]
    assert values.grad.tolist() == [1] * 5
