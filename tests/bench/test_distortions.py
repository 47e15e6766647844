import numpy as np
import pytest

from sublimen.bench.distortions import DISTORTIONS
from sublimen.imaging.colour import luma
from sublimen.imaging.jpeg import jpeg
from sublimen.imaging.levels import from_bytes

BY_NAME = {distortion.name: distortion for distortion in DISTORTIONS}


@pytest.fixture
def grey():
    return np.full((128, 128, 3), 128, dtype=np.uint8)


@pytest.fixture
def window(astronaut):
    return np.ascontiguousarray(astronaut[:128, 100:228])


@pytest.mark.parametrize("distortion", DISTORTIONS, ids=BY_NAME)
def test_strengths_go_from_weak_to_strong_and_can_be_made_again(distortion, window):
    changed = [distortion(window, s, "label").astype(int) for s in distortion.strengths]

    errors = [np.abs(c - window).mean() for c in changed]
    assert errors == sorted(errors)
    assert errors[-1] > 2 * errors[0] > 0
    again = distortion(window, distortion.strengths[0], "label")
    assert np.array_equal(again, changed[0])


@pytest.mark.parametrize("name", ["white", "low", "high"])
def test_noise_has_the_deviation_it_is_named_by(name, grey):
    noise = BY_NAME[name](grey, 6.0, "label").astype(float) - 128

    assert noise.std() == pytest.approx(6, rel=0.05)
    assert not np.array_equal(BY_NAME[name](grey, 6.0, "other") - 128.0, noise)


def test_low_and_high_noise_are_of_low_and_high_frequency(grey):
    def steps(name):
        noise = BY_NAME[name](grey, 6.0, "label").astype(float)
        return np.abs(np.diff(noise, axis=0)).mean()

    assert steps("low") < steps("white") / 4
    assert steps("high") > 1.05 * steps("white")


def test_chroma_leaves_luma_and_blue_leaves_red_and_green(grey):
    chroma, blue = (BY_NAME[name](grey, 10.0, "label") for name in ("chroma", "blue"))

    assert luma(from_bytes(chroma)).std().item() * 255 < 0.5
    assert chroma.std() > 8
    assert (blue[..., :2] == 128).all()
    assert blue[..., 2].std() == pytest.approx(10, rel=0.05)


def test_compression_is_that_of_pillow_and_marked(window):
    assert np.array_equal(BY_NAME["jpeg-420"](window, 70, "x"), jpeg(window, 70, subsampling=2))
    assert np.array_equal(BY_NAME["jpeg-444"](window, 70, "x"), jpeg(window, 70, subsampling=0))
    assert {d.name for d in DISTORTIONS if d.compression} == {"jpeg-420", "jpeg-444"}
