import pytest
import torch
from hypothesis import given, settings, strategies as st

from sublimen.imaging.roots import power


@settings(max_examples=50, deadline=None)
@given(st.floats(1e-6, 10), st.floats(0.1, 0.9))
def test_above_the_knee_it_is_the_power(value, exponent):
    found = power(torch.tensor(value, dtype=torch.float64), exponent, knee=1e-6)

    assert found.item() == pytest.approx(value**exponent, rel=1e-6)


def test_below_the_knee_it_is_straight_through_zero():
    values = torch.tensor([0.0, 0.25e-4, 0.5e-4, 1e-4], dtype=torch.float64)

    assert power(values, 0.5, knee=1e-4).tolist() == pytest.approx([0, 0.0025, 0.005, 0.01])


def test_the_slope_at_zero_is_that_of_the_straight_line():
    zero = torch.zeros((), dtype=torch.float64, requires_grad=True)

    (slope,) = torch.autograd.grad(power(zero, 0.5, knee=1e-4), zero)

    assert slope.item() == pytest.approx(100)
