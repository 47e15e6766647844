import pytest
import torch
from hypothesis import given, strategies as st

from sublimen.jnd.namm import overlap


def one(value):
    return torch.full((1, 1, 1, 1), value, dtype=torch.float64)


@pytest.mark.parametrize(
    ("first", "second", "total"), [(4, 2, 5.4), (2, 4, 5.4), (3, 0, 3), (0, 0, 0)]
)
def test_the_smaller_effect_counts_by_seven_tenths(first, second, total):
    assert overlap(one(first), one(second)).item() == pytest.approx(total)


@given(st.floats(0, 50), st.floats(0, 50), st.floats(0, 1))
def test_the_sum_lies_between_the_larger_effect_and_both(first, second, gain):
    total = overlap(one(first), one(second), gain).item()

    assert max(first, second) - 1e-9 <= total <= first + second + 1e-9
    assert total == overlap(one(second), one(first), gain).item()
