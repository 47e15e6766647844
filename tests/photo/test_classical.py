import math

import numpy as np
import pytest
import torch

from sublimen.imaging.levels import from_bytes
from sublimen.metrics import METRICS, beyond_depth, beyond_share, pspnr
from sublimen.photo.classical import STRIP, classical

WHOLE = [name for name in METRICS if name not in {"iw_ssim", "ssimulacra2", "flip"}]


@pytest.fixture
def original(astronaut):
    """Larger than a few strips, of odd size."""
    return np.ascontiguousarray(astronaut[:301, :407])


@pytest.fixture
def local(original):
    """Changed in one corner of a strip and of the next."""
    changed = original.copy()
    part = np.s_[STRIP - 20 : STRIP + 30, 30:300]
    noise = np.random.default_rng(0).integers(-9, 10, original[part].shape)
    changed[part] = np.clip(original[part].astype(int) + noise, 0, 255)
    return changed


@pytest.fixture
def everywhere(original):
    noise = np.random.default_rng(1).integers(-4, 5, original.shape)
    return np.clip(original.astype(int) + noise, 0, 255).astype(np.uint8)


@pytest.fixture
def jnd(original):
    return np.random.default_rng(2).uniform(2, 6, original.transpose(2, 0, 1).shape).astype("f4")


@pytest.mark.parametrize("kind", ["local", "everywhere"])
@pytest.mark.parametrize("channels", [1, 3])
def test_strips_give_the_numbers_of_the_whole_picture(original, jnd, kind, channels, request):
    changed = np.ascontiguousarray(request.getfixturevalue(kind)[..., :channels])
    original = np.ascontiguousarray(original[..., :channels])
    pair = from_bytes(original, torch.float64), from_bytes(changed, torch.float64)

    found = classical(original, changed, jnd[:channels], 1.0)

    for name in WHOLE:
        assert found[name] == pytest.approx(METRICS[name](*pair).item(), rel=1e-5, abs=1e-6), name
    thresholds = torch.from_numpy(jnd[:channels] / 255)[None].double()
    shares = beyond_share(*pair, thresholds)[0]
    depths = beyond_depth(*pair, thresholds)[0]
    assert found["pspnr"] == pytest.approx(pspnr(*pair, thresholds).item(), rel=1e-4)
    assert found["beyond_share"] == pytest.approx(shares.mean().item(), abs=1e-6)
    for place, name in enumerate(("red", "green", "blue")):
        k = min(place, channels - 1)
        assert found[f"beyond_share_{name}"] == pytest.approx(shares[k].item(), abs=1e-6)
        assert found[f"beyond_depth_{name}"] == pytest.approx(depths[k].item(), rel=1e-4)


def test_the_limit_scales_the_map(original, everywhere, jnd):
    wide = classical(original, everywhere, jnd, 2.0)
    double = classical(original, everywhere, 2 * jnd, 1.0)

    assert wide == pytest.approx(double)


def test_equal_photos_have_no_ratio_of_signal_to_noise(original, jnd):
    found = classical(original, original.copy(), jnd, 1.0)

    ratios = {name: value for name, value in found.items() if value is None}
    assert set(ratios) == {
        *("psnr", "psnr_red", "psnr_green", "psnr_blue", "psnr_luma"),
        "pspnr",
    }
    assert found["ssim"] == found["ms_ssim"] == 1
    others = [v for k, v in found.items() if v is not None and "ssim" not in k]
    assert others == [0] * len(others)


def test_a_small_photo_has_no_ms_ssim(original, jnd):
    small = np.ascontiguousarray(original[:160, :200])

    found = classical(small, small, jnd[:, :160, :200], 1.0)

    assert found["ms_ssim"] is None
    assert found["ssim"] == 1


def test_few_changed_pixels_leave_the_95_percent_point_at_zero(original, jnd):
    changed = original.copy()
    changed[:5] ^= 8

    found = classical(original, changed, jnd, 1.0)

    assert found["ciede2000_p95"] == 0
    assert found["ciede2000_max"] > 1
    assert math.isfinite(found["psnr"])
