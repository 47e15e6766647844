import sys

import numpy as np
import pytest
from pairs import distorted

from sublimen.errors import MissingExtraError, SettingError, UnknownNameError
from sublimen.recognisers.face import Box, Face
from sublimen.visibility import METERS
from sublimen.visibility.answer import Observer
from sublimen.visibility.cvvdp import program
from sublimen.visibility.words import sentence


@pytest.fixture
def portrait(astronaut):
    return np.ascontiguousarray(astronaut[20:220, 120:340])


@pytest.fixture
def changed(portrait):
    return distorted(portrait, "patch64_sign6")


@pytest.fixture
def face():
    eyes = [(127.0, 88.0), (112.0, 91.0), (70.0, 99.0), (86.0, 97.0)]
    return Face(Box(55, 55, 145, 145), (*eyes, (105.0, 126.0)))


@pytest.fixture
def quick():
    return Observer.of(names=("cvvdp", "flip"))


def test_with_a_face_the_worse_of_face_and_fit_counts(portrait, changed, face, quick):
    seen = quick.compare(portrait, changed, [face])

    assert set(seen.viewings) == {"face", "fit", "desk", "blue"}
    assert seen.jnd == max(seen.viewings[v].jnd for v in ("face", "fit"))
    assert seen.viewing == "face"
    assert seen.meters == seen.viewings["face"].meters
    assert seen.pixels_per_degree == pytest.approx(37.84, abs=0.01)


def test_without_a_face_the_worse_of_fit_and_desk_counts(portrait, changed, quick):
    large = np.tile(portrait, (6, 1, 1))
    patched = large.copy()
    patched[: len(changed)] = changed

    seen = quick.compare(large, patched)

    assert set(seen.viewings) == {"fit", "desk", "blue"}
    assert seen.viewing == "desk"
    assert seen.jnd == seen.viewings["desk"].jnd > seen.viewings["fit"].jnd


@pytest.mark.parametrize("viewing", ["face", "fit", "desk", "blue"])
def test_a_viewing_can_be_chosen(portrait, changed, face, viewing):
    observer = Observer.of(viewing=viewing, names=("flip",))

    seen = observer.compare(portrait, changed, [face])

    assert seen.viewing == viewing
    assert seen.jnd == seen.viewings[viewing].jnd
    assert observer.limited(portrait, changed, [face]) == seen.jnd


def test_the_display_matters(portrait, changed):
    near, far = (
        Observer.of(names=("cvvdp", "flip"), display=d).compare(portrait, changed)
        for d in ("standard_fhd", "standard_phone")
    )

    assert far.display == "standard_phone"
    assert far.jnd < near.jnd


def test_nothing_is_said_of_equal_photos(portrait, face, quick):
    seen = quick.compare(portrait, portrait.copy(), [face])

    assert (seen.jnd, seen.meter, seen.window, seen.jpeg_quality) == (0, None, None, None)
    assert sentence(seen) == "visibility: nothing differs"


def test_the_sentence_names_everything_a_figure_needs(portrait, changed, face, quick):
    words = sentence(quick.compare(portrait, changed, [face]))

    for part in ("JND (", "worst window", "viewing face", "standard_fhd at 37.84", "JPEG of"):
        assert part in words


def test_meters_that_were_not_asked_for_are_named(quick):
    assert dict(quick.unavailable) == dict.fromkeys(
        ("ssimulacra2", "iw-ssim", "butteraugli"), "not asked for"
    )


def test_without_an_unseen_meter_the_others_read_and_it_is_said(monkeypatch):
    monkeypatch.setenv("PATH", "")

    observer = Observer.of()

    assert [meter.name for meter in observer.meters] == ["cvvdp", "ssimulacra2", "flip", "iw-ssim"]
    assert "libjxl-devtools" in observer.unavailable["butteraugli"]
    with pytest.raises(MissingExtraError, match="libjxl-devtools"):
        Observer.of(names=("flip", "butteraugli"))


def test_without_an_optimised_meter_nothing_is_read_unless_fewer_are_named(monkeypatch):
    program.cache_clear()
    monkeypatch.setitem(sys.modules, "pycvvdp", None)

    with pytest.raises(MissingExtraError, match="pycvvdp is not installed"):
        Observer.of()
    assert Observer.of(names=("flip", "ssimulacra2")).unavailable["cvvdp"] == "not asked for"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"viewing": "dek"}, "no viewing 'dek'; did you mean desk"),
        ({"names": ("fliip",)}, "no meter 'fliip'; did you mean flip"),
        ({"display": "standard_fdh"}, "no display 'standard_fdh'; did you mean standard_"),
    ],
)
def test_unknown_names_get_advice(settings, words):
    with pytest.raises(UnknownNameError, match=words):
        Observer.of(**settings)


def test_meters_that_only_judge_are_not_a_reading():
    with pytest.raises(SettingError, match="at least one of cvvdp, ssimulacra2, flip"):
        Observer.of(names=("iw-ssim",))


def test_face_without_a_face_is_the_worse_of_fit_and_desk(portrait, changed):
    seen = Observer.of(viewing="face", names=("flip",)).compare(portrait, changed)

    assert seen.viewing in {"fit", "desk"}
    assert "face" not in seen.viewings


def test_every_meter_of_the_catalogue_takes_part():
    observer = Observer.of()

    assert {m.name for m in observer.meters} | set(observer.unavailable) == set(METERS)
