import numpy as np
import pytest

from sublimen.bench.intervals import mean, share


def test_the_interval_of_a_mean_is_as_wide_as_its_standard_error_says():
    values = np.random.default_rng(3).normal(5, 2, 400)

    found = mean(list(values))

    reach = 1.96 * values.std() / 20
    assert found.middle == pytest.approx(values.mean())
    assert found.high - found.middle == pytest.approx(reach, rel=0.1)
    assert found.middle - found.low == pytest.approx(reach, rel=0.1)
    assert found.count == 400


def test_equal_values_have_an_interval_of_no_width():
    assert mean([2.5, 2.5, 2.5]).text(1) == "2.5 [2.5, 2.5]"


def test_a_share_has_the_interval_that_wilson_gives():
    # 8 of 10: the roots of (p - 0.8)^2 = z^2 p (1 - p) / 10, by the quadratic formula.
    z2 = 1.959964**2
    low, high = np.sort(np.roots([1 + z2 / 10, -(1.6 + z2 / 10), 0.64]))

    found = share(8, 10)

    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.middle == 0.8


@pytest.mark.parametrize(("hits", "low", "high"), [(0, 0, 0.278), (10, 0.722, 1)])
def test_all_or_none_of_ten_leaves_room_on_one_side(hits, low, high):
    found = share(hits, 10)

    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-3)
    assert 0 <= found.low
    assert found.high <= 1
