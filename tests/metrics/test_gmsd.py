import warnings

import pytest
import torch
from pairs import distorted

from sublimen.imaging.levels import from_bytes
from sublimen.metrics import gmsd


@pytest.mark.parametrize("pair", ["sign4", "low4", "jpeg75_420"])
def test_it_is_that_of_piq(astronaut, pair):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import piq

        part = astronaut[100:228, 60:260]
        one, other = (from_bytes(levels, torch.float64) for levels in (part, distorted(part, pair)))
        expected = piq.gmsd(one, other).item()

    assert gmsd(one, other).item() == pytest.approx(expected, abs=1e-9)


def test_the_same_change_everywhere_is_no_deviation():
    flat = torch.full((1, 1, 32, 32), 0.25, dtype=torch.float64)

    inside = gmsd(flat, flat + 0.5)

    # Only the rim, where zeros lie beyond, deviates.
    assert 0 < inside.item() < 0.2
