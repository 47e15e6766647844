import numpy as np
import pytest

from sublimen.imaging.levels import from_bytes
from sublimen.metrics import flip, iw_ssim, ssimulacra2
from sublimen.photo import programs as module
from sublimen.photo.programs import programs
from sublimen.visibility import Cvvdp
from sublimen.visibility.displays import DISPLAYS


@pytest.fixture
def pair(astronaut):
    original = np.ascontiguousarray(astronaut[:180, 100:300])
    noise = np.random.default_rng(0).integers(-4, 5, original.shape)
    return original, np.clip(original.astype(int) + noise, 0, 255).astype(np.uint8)


@pytest.fixture
def no_butteraugli(monkeypatch):
    monkeypatch.setenv("PATH", "")


@pytest.mark.usefixtures("no_butteraugli")
@pytest.mark.parametrize("name", ["standard_fhd", "standard_4k"])
def test_scores_are_the_programs_own_over_the_whole_photo(pair, name):
    images = [from_bytes(levels) for levels in pair]
    display = DISPLAYS[name]

    values = programs(*pair, display, full=False).values

    ppd = {"standard_fhd": 37.84, "standard_4k": 75.4}[name]
    assert values["ssimulacra2"] == ssimulacra2(*images).item()
    assert values["flip"] == flip(*images, pixels_per_degree=ppd).item()
    assert values["cvvdp"] == Cvvdp(display=display)(*images).item()
    assert values["iw_ssim"] == iw_ssim(*images).item()


@pytest.mark.usefixtures("no_butteraugli")
def test_what_cannot_be_had_says_why(pair):
    small = [np.ascontiguousarray(levels[:60, :60]) for levels in pair]

    scores = programs(*small, DISPLAYS["standard_fhd"], full=False)

    why = scores.unavailable
    assert set(why) == {"iw_ssim", "lpips", "dists", "butteraugli_3norm", "butteraugli_max"}
    assert all(reason.startswith("not available: ") for reason in why.values())
    assert "at least 161 x 161" in why["iw_ssim"]
    assert "libjxl-devtools" in why["butteraugli_max"]
    assert all(scores.values[name] is None for name in why)


def test_the_binary_is_asked_when_it_is_there(pair, monkeypatch):
    monkeypatch.setattr(module, "butteraugli", lambda _one, _other: (1.5, 0.25))

    values = programs(*pair, DISPLAYS["standard_fhd"], full=False).values

    assert (values["butteraugli_max"], values["butteraugli_3norm"]) == (1.5, 0.25)


@pytest.mark.usefixtures("no_butteraugli")
def test_large_photos_are_measured_when_asked_for(pair, monkeypatch):
    monkeypatch.setattr(module, "LARGE", 100)

    some = programs(*pair, DISPLAYS["standard_fhd"], full=False)
    every = programs(*pair, DISPLAYS["standard_fhd"], full=True)

    assert not any(some.values.values())
    assert all("add --full" in reason for reason in some.unavailable.values())
    assert every.values["flip"] is not None
