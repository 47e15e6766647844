import numpy as np
import pytest

from sublimen.imaging.jpeg import jpeg
from sublimen.imaging.levels import from_bytes
from sublimen.visibility import Cvvdp, Flip, IwSsim, Ssimulacra2
from sublimen.visibility.calibration import calibration
from sublimen.visibility.jpeg_quality import jpeg_quality

METERS = (Cvvdp(), Ssimulacra2(), Flip(), IwSsim())


@pytest.fixture
def window(astronaut):
    return np.ascontiguousarray(astronaut[:256, 100:356])


def reading(window, quality, meters=METERS):
    pair = from_bytes(window), from_bytes(jpeg(window, quality))
    counting = [m for m in meters if m.role == "optimised"]
    return max(calibration().curve(m.name).jnd(m(*pair)).item() for m in counting)


@pytest.mark.parametrize("quality", [20, 55, 75, 92])
def test_jpeg_is_as_visible_as_itself(window, quality):
    assert jpeg_quality(from_bytes(window), reading(window, quality), METERS) == quality


def test_the_ends_of_the_scale(window):
    assert jpeg_quality(from_bytes(window), 1000.0, METERS) == 1
    assert jpeg_quality(from_bytes(window), 1e-6, METERS) == 100


def test_small_windows_are_read_by_the_meters_that_can(window):
    small = np.ascontiguousarray(window[:64, :64])

    found = jpeg_quality(from_bytes(small), reading(small, 60, (Cvvdp(), Flip())), METERS)

    assert found == pytest.approx(60, abs=1)


def test_a_grey_window_is_read_as_grey(window):
    grey = np.ascontiguousarray(window[..., 1:2])

    assert jpeg_quality(from_bytes(grey), reading(grey, 70), METERS) == pytest.approx(70, abs=1)
