import warnings

import pytest
import torch
from pairs import distorted

from sublimen.errors import ImageError
from sublimen.imaging.levels import from_bytes
from sublimen.metrics import iw_ssim


@pytest.mark.parametrize("pair", ["sign4", "low4", "jpeg75_420", "sign8B", "patch64_sign6"])
def test_it_is_that_of_piq(astronaut, pair):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import piq

        part = astronaut[100:292, 60:316]
        one, other = (from_bytes(levels, torch.float64) for levels in (part, distorted(part, pair)))
        # There the original comes second.
        expected = piq.information_weighted_ssim(other, one).item()

    assert iw_ssim(one, other).item() == pytest.approx(expected, abs=1e-9)


def test_it_sees_no_colour():
    grey = torch.full((1, 3, 176, 176), 0.5, dtype=torch.float64)
    # Red and blue move so that BT.601 luma stays.
    step = torch.tensor([0.114, 0.0, -0.299], dtype=torch.float64).view(1, 3, 1, 1) / 10

    assert iw_ssim(grey, grey + step).item() == pytest.approx(1, abs=1e-9)


def test_small_pictures_are_refused():
    small = torch.zeros(1, 1, 160, 400)

    with pytest.raises(ImageError, match="at least 161 x 161"):
        iw_ssim(small, small)
