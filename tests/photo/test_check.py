import numpy as np
import pytest
from PIL import Image

from sublimen.errors import PhotoError
from sublimen.photo import check as module, gallery, sitting
from sublimen.photo.check import check_photo
from sublimen.photo.panel import Witness
from sublimen.photo.uploads import UPLOADS, Upload
from sublimen.recognisers.face import Box, Face
from tests.photo.tiny import FACE

POINTS = FACE.landmarks


def brightness(name, threshold):
    """Remembers the mean of the face."""

    def embed(levels, face):
        x0, y0, x1, y1 = face.box
        return np.array([levels[y0:y1, x0:x1].mean()], np.float32)

    return Witness(name=name, role="judge", threshold=threshold, false_match_rate=0.01, embed=embed)


WITNESSES = (brightness("strict", 2.0), brightness("lenient", 12.0))


@pytest.fixture(autouse=True)
def finder(monkeypatch):
    """Black photos show nobody, those with a white pixel in the corner two, others one."""

    def find(levels, boxes):
        left, right = (Face(Box(*box), POINTS) for box in ((0, 0, 40, 40), (60, 0, 100, 40)))
        if boxes:
            return [Face(boxes[0], POINTS)]
        if levels.max() == 0:
            return []
        return [left, right] if levels[-1, -1].min() > 250 else [left]

    for place in (module, gallery, sitting):
        monkeypatch.setattr(place, "find_faces", find)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "others").mkdir()
    return tmp_path / "others"


def flat(path, left, right=None):
    levels = np.full((60, 100, 3), left, np.uint8)
    if right is not None:
        levels[:, 50:] = right
        levels[-8:, -8:] = 255
    Image.fromarray(levels).save(path)
    return path


def test_the_nearest_photo_and_the_number_that_match_are_told(tmp_path, folder):
    for name, level in (("a.png", 101), ("b.png", 110), ("c.png", 150), ("nobody.png", 0)):
        flat(folder / name, level)

    checked = check_photo(flat(tmp_path / "me.png", 100), folder, WITNESSES)

    (face,) = checked.faces
    assert [version.upload for version in face.versions] == ["png", "q75"]
    for version in face.versions:
        strict, lenient = version.recognisers
        assert (strict.nearest, strict.matching, strict.photos) == (1, 1, 3)
        assert (lenient.nearest, lenient.matching, lenient.photos) == (1, 2, 3)
        assert strict.matches
        assert version.found
    assert checked.matches
    assert checked.photos == ("a.png", "b.png", "c.png")
    assert checked.without_face == ("nobody.png",)


def test_nothing_matches_beyond_every_threshold_and_a_match_is_up_to_it(tmp_path, folder):
    flat(folder / "a.png", 112)
    me = flat(tmp_path / "me.png", 99)

    assert not check_photo(me, folder, WITNESSES).matches
    flat(folder / "b.png", 111)
    checked = check_photo(me, folder, WITNESSES)
    assert checked.matches
    assert [one.matches for one in checked.faces[0].versions[0].recognisers] == [False, True]


def test_two_faces_of_one_photo_count_once_and_faces_are_told_apart(tmp_path, folder):
    flat(folder / "both.png", 100, 101)

    checked = check_photo(flat(tmp_path / "me.png", 100, 200), folder, WITNESSES[:1])

    left, right = checked.faces
    (strict,) = left.versions[0].recognisers
    assert (strict.matching, strict.photos) == (1, 1)
    assert (left.matches, right.matches) == (True, False)


def test_the_photo_itself_is_left_out(folder):
    me = flat(folder / "me.png", 100)
    flat(folder / "other.png", 200)

    checked = check_photo(me, folder, WITNESSES)

    assert checked.photos == ("other.png",)
    assert not checked.matches


def test_what_is_only_matched_after_jpeg_matches(tmp_path, folder, monkeypatch):
    flat(folder / "a.png", 100)
    darker = {"png": UPLOADS["png"], "q75": Upload("darker", lambda levels: levels - 40)}
    monkeypatch.setattr(module, "UPLOADS", darker)

    checked = check_photo(flat(tmp_path / "me.png", 140), folder, WITNESSES)

    as_it_is, after = checked.faces[0].versions
    assert not any(one.matches for one in as_it_is.recognisers)
    assert all(one.matches for one in after.recognisers)
    assert checked.matches


def test_a_face_lost_in_the_compressed_version_is_compared_anyway(tmp_path, folder, monkeypatch):
    flat(folder / "a.png", 100)
    gone = {"png": UPLOADS["png"], "q75": Upload("gone", np.zeros_like)}
    monkeypatch.setattr(module, "UPLOADS", gone)

    (face,) = check_photo(flat(tmp_path / "me.png", 100), folder, WITNESSES).faces

    assert [version.found for version in face.versions] == [True, False]
    assert face.versions[1].recognisers[0].nearest == 100


def test_a_face_may_be_given_by_hand(tmp_path, folder, monkeypatch):
    flat(folder / "a.png", 180)
    monkeypatch.setattr(sitting, "at_box", lambda _, box: Face(box, POINTS))

    checked = check_photo(
        flat(tmp_path / "me.png", 100, 180), folder, WITNESSES, boxes=[Box(60, 5, 90, 45)]
    )

    assert checked.faces[0].box == (60, 5, 90, 45)
    assert checked.matches


def test_only_small_faces_are_marked(tmp_path, folder, monkeypatch):
    flat(folder / "a.png", 180)
    me = flat(tmp_path / "me.png", 100)

    assert check_photo(me, folder, WITNESSES).faces[0].note == ""
    monkeypatch.setattr("sublimen.photo.verdicts.SMALL", 200)
    assert "pixels wide" in check_photo(me, folder, WITNESSES).faces[0].note


@pytest.mark.parametrize(
    ("mine", "theirs", "said"),
    [
        (0, 100, "me.png must show a face to be compared"),
        (100, 0, "others must hold a photo with a face besides me.png, got 1 in which none"),
    ],
)
def test_without_a_face_on_either_side_nothing_is_claimed(tmp_path, folder, mine, theirs, said):
    flat(folder / "a.png", theirs)

    with pytest.raises(PhotoError, match=said):
        check_photo(flat(tmp_path / "me.png", mine), folder, WITNESSES)
