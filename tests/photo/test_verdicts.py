from dataclasses import replace

import numpy as np
import pytest

from sublimen.photo.allowance import Allowance
from sublimen.photo.craft import Crafted, Try
from sublimen.photo.file import Photo
from sublimen.photo.gallery import Gallery
from sublimen.photo.panel import Panel, Witness
from sublimen.photo.sitting import Look, Sitting
from sublimen.photo.verdicts import face_results, notes_of, status_of
from sublimen.recognisers.alignment import Alignment
from sublimen.recognisers.face import Face
from tests.photo.tiny import FACE, photo

LEVELS = photo()


def witness(name, role):
    return Witness(
        name=name,
        role=role,
        threshold=0.5,
        false_match_rate=0.01,
        embed=lambda *_: np.zeros(2, np.float32),
    )


WITNESSES = (witness("a", "surrogate"), witness("b", "judge"))


def only(
    after,
    *,
    found=True,
    reached=True,
    share=1.0,
    bound=False,
    face=FACE,
    nearest=None,
    album="gallery",
    saved=LEVELS,
):
    """The result of one face with these distances after, one for each witness."""
    sitting = Sitting.of(LEVELS, [face], WITNESSES)
    before, look = Look(face, True, (0.0, 0.0)), Look(face, found, after)
    if nearest is not None:
        before, look = (
            replace(one, nearest={album: near})
            for one, near in zip((before, look), nearest, strict=True)
        )
    attempt = Try(box=face.box, turns=2, reached=reached)
    crafted = Crafted(
        levels=LEVELS,
        saved=saved,
        looks=(look,),
        tries=(attempt,),
        share=share,
        visibility_bound=bound,
    )
    image = Photo(levels=LEVELS, alpha=None, format="PNG", lossless=True)
    jnd = np.ones((3, *LEVELS.shape[:2]), np.float32)
    (result,) = face_results(sitting, Allowance(image, jnd, 1.5), [before], crafted)
    return result


def test_protected_is_found_and_matched_by_nobody():
    result = only((0.6, 0.51))

    assert result.protected
    assert result.note == ""


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ({"after": (0.9, 0.9), "found": False}, "no longer detected in the saved file"),
        ({"after": (0.9, 0.4), "share": 0.3}, "still recognised with 30% of the change"),
        ({"after": (0.4, 0.4), "bound": True, "share": 0.9}, "all of the change that --visibility"),
        ({"after": (0.9, 0.4), "bound": True}, "every surrogate misses it"),
        ({"after": (0.9, 0.5)}, "every surrogate misses it, but b, which took no part"),
        ({"after": (0.5, 0.9)}, "still recognised after 2 searches"),
        ({"after": (0.5, 0.9), "reached": False}, "at the limit of 1.5 times the JND map"),
    ],
)
def test_a_face_that_is_not_protected_says_why(case, said):
    result = only(**case)

    assert not result.protected
    assert said in result.note


def test_small_faces_are_marked_and_others_are_not():
    scale = 39.4 / Alignment.of(FACE).face_width
    small = Face(FACE.box, tuple((scale * x + 50, scale * y + 50) for x, y in FACE.landmarks))

    assert "only 39 pixels wide; below 40" in only((0.9, 0.9), face=small).note
    assert only((0.9, 0.9), face=small).protected
    assert "pixels wide" not in only((0.9, 0.9)).note


def test_a_gallery_that_did_not_match_before_is_no_achievement():
    note = only((0.9, 0.9), nearest=((0.51, 0.4), (0.8, 0.5))).note

    assert "a did not match the original with the other photos before" in note
    assert "one of the other photos is still matched by b" in note
    assert "and b did not" not in note


def test_a_match_with_a_photo_that_was_protected_before_is_named():
    note = only((0.9, 0.9), nearest=((0.9, 0.4), (0.5, 0.6)), album="apart").note

    assert note == "one of the photos that were protected before is matched by a"


def test_it_is_said_who_takes_the_face_for_somebody_else():
    note = only((0.9, 0.9), nearest=((0.9, 0.4), (0.5, 0.6)), album="towards").note

    assert note == (
        "taken for the person of --towards by a; not taken for the person of --towards by b"
    )


def test_the_photo_is_protected_when_every_face_is():
    good = only((0.9, 0.9))
    bad = replace(good, protected=False)

    assert status_of([good, good]) == "protected"
    assert status_of([good, bad]) == "partly"
    assert status_of([bad]) == "not-protected"


def test_notes_tell_what_was_not_seen():
    panel = Panel((), WITNESSES, ("nobody judged",))
    gallery = Gallery(((), ()), ("a.png", "b.png"))

    assert notes_of("protected", [only((0.9, 0.9))], {}, panel) == ("nobody judged",)
    first, second, third = notes_of("no-face", [], {"gallery": gallery}, panel)
    assert "--box" in first
    assert second == "no face was found in these photos of the gallery: a.png, b.png"
    assert third == "nobody judged"
    notes = notes_of("no-face", [], {"apart": gallery}, panel)
    assert notes[1] == "no face was found in these photos of --apart: a.png, b.png"


def test_a_gallery_that_no_face_matched_may_show_somebody_else():
    panel, known_from = Panel((), WITNESSES), {"gallery": Gallery(((), ()), ())}
    stranger = only((0.9, 0.9), nearest=((0.51, 0.6), (0.8, 0.8)))
    known = only((0.9, 0.9), nearest=((0.51, 0.5), (0.8, 0.8)))

    (note,) = notes_of("protected", [stranger, known], known_from, panel)
    assert note == "no face of the photo matched the gallery before by a: it may show somebody else"
    (note,) = notes_of("protected", [stranger, stranger], known_from, panel)
    assert "by a and b: it may" in note


def test_a_lossy_file_is_named_as_a_reason():
    case = {"after": (0.4, 0.4), "bound": True}

    assert "PNG" not in only(**case).note
    assert "and so may a PNG" in only(**case, saved=LEVELS // 2).note
