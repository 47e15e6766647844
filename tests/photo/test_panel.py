import numpy as np
import pytest

from sublimen.errors import SettingError, UnknownNameError
from sublimen.photo import panel as module
from sublimen.photo.panel import Panel, Witness, distance, embedding, load_panel, roles
from sublimen.photo.result import Nearest
from sublimen.recognisers.installed import LOADERS
from tests.photo.tiny import FACE, Other, Tiny, photo

ONE, TWO, THREE, FOUR = (tuple(LOADERS)[:number] for number in (1, 2, 3, 4))
DLIB, MOBILE, HSE, SMALL = FOUR


def test_a_witness_matches_up_to_and_at_its_threshold():
    witness = Witness(
        name="a", role="judge", threshold=0.5, false_match_rate=0.01, embed=lambda *_: np.zeros(2)
    )

    assert witness.reading((0.0, 0.5)).matches
    assert not witness.reading((0.0, 0.5001)).matches


def test_a_reading_tells_whether_other_photos_were_matched_before():
    witness = Witness.of(Tiny(), "judge")

    reading = witness.reading((0.0, 0.6), {"gallery": (0.5, 0.7), "apart": (0.501, 0.5)})

    assert reading.gallery == Nearest(before=0.5, after=0.7, matched=True, matches=False)
    assert reading.apart == Nearest(before=0.501, after=0.5, matched=False, matches=True)
    assert reading.towards is None


def test_photos_without_a_face_say_nothing():
    assert Witness.of(Tiny(), "judge").reading((0.0, 0.6), {"apart": (None, None)}).apart is None


def test_distance_is_euclidean():
    assert distance(np.array([0.0, 3.0]), np.array([4.0, 0.0])) == 5


def test_a_witness_asks_a_network_through_its_own_cut():
    levels = photo()
    outside = levels.copy()
    outside[:, 240:] ^= 255

    witness = Witness.of(Other(), "judge")

    template = witness.embed(levels, FACE)
    np.testing.assert_array_equal(template, embedding(Other(), levels, FACE)[0].numpy())
    np.testing.assert_array_equal(template, witness.embed(outside, FACE))
    assert distance(template, Witness.of(Tiny(), "judge").embed(levels, FACE)) > 0.01
    assert (witness.name, witness.threshold) == ("other", 1.0)


@pytest.mark.parametrize(
    ("there", "surrogates", "judges"),
    [
        (ONE, ONE, ()),
        (TWO, TWO, ()),
        (THREE, TWO, (HSE,)),
        (FOUR, THREE, (SMALL,)),
        ((MOBILE, HSE), (MOBILE, HSE), ()),
    ],
)
def test_roles_without_names_follow_the_documented_order(there, surrogates, judges):
    assert roles((), (), there=there) == (surrogates, judges)


@pytest.mark.parametrize(
    ("given", "judging", "expected"),
    [
        ((HSE,), (), ((HSE,), (DLIB, MOBILE))),
        ((), (DLIB,), ((MOBILE, HSE), (DLIB,))),
        ((HSE,), (DLIB,), ((HSE,), (DLIB,))),
        ((HSE, HSE), (DLIB,), ((HSE,), (DLIB,))),
        (THREE, (), (THREE, ())),
    ],
)
def test_named_roles_are_kept_and_the_rest_take_the_other_side(given, judging, expected):
    assert roles(given, judging, there=THREE) == expected


def test_nobody_is_surrogate_and_judge():
    with pytest.raises(SettingError, match=f"got {MOBILE} for both"):
        roles((DLIB, MOBILE), (MOBILE,), there=THREE)


def test_judges_leave_a_surrogate():
    with pytest.raises(SettingError, match="must leave a recogniser for the search"):
        roles((), (DLIB,), there=ONE)


def test_unknown_names_are_refused_on_either_side():
    with pytest.raises(UnknownNameError, match="no face recogniser 'dlip-resnet'; did you mean"):
        roles(("dlip-resnet",), (), there=THREE)
    with pytest.raises(UnknownNameError, match="no face recogniser 'arcface'"):
        roles((), ("arcface",), there=THREE)


def test_a_panel_without_a_judge_says_so():
    alone, judged = Panel.of([Tiny(), Other()]), Panel.of([Tiny()], [Other()])

    assert "no judge took part: tiny and other gave the gradients" in alone.notes[0]
    assert judged.notes == ()
    assert [w.role for w in judged.witnesses] == ["surrogate", "judge"]


def test_a_panel_says_whose_the_recognisers_are():
    (witness,) = Panel.of([Tiny()]).witnesses

    assert witness.participant.licence == "none"
    assert witness.participant.origin == "made here"
    assert witness.participant.false_match_rate == 0.02


def test_what_is_missing_is_named_with_its_command(monkeypatch, tmp_path):
    monkeypatch.setenv("SUBLIMEN_WEIGHTS", str(tmp_path))

    (note,) = Panel.of([Tiny()]).notes

    assert "mobilefacenet is not installed, sublimen weights add mobilefacenet brings it" in note
    assert "hse-mobilenet is not installed" in note
    assert "mobileface is not installed" in note
    assert "mtcnn" not in note


def test_networks_are_loaded_for_their_roles(monkeypatch):
    loaded = {MOBILE: Tiny(), HSE: Other()}
    monkeypatch.setattr(module, "installed", lambda: (MOBILE, HSE))
    monkeypatch.setattr(module, "embedder", loaded.__getitem__)

    panel = load_panel(judges=[HSE])

    assert panel.surrogates == (loaded[MOBILE],)
    assert [w.name for w in panel.witnesses] == ["tiny", "other"]


@pytest.mark.weights
def test_the_real_dlib_verifies_where_its_network_is_a_surrogate():
    pytest.importorskip("dlib", reason="the extra photo brings dlib")

    panel = Panel.of([LOADERS[DLIB](), Other()], [Tiny()])

    assert [(w.name, w.role) for w in panel.witnesses] == [
        (DLIB, "surrogate"),
        ("other", "surrogate"),
        ("dlib", "verifier"),
        ("tiny", "judge"),
    ]
    assert [w.role for w in Panel.of([Other()], [LOADERS[DLIB]()]).witnesses] == [
        "surrogate",
        "judge",
    ]
