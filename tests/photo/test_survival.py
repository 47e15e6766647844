"""With recognisers that are told what to say."""

import numpy as np
import pytest

from sublimen.photo import sitting as module
from sublimen.photo.panel import Witness
from sublimen.photo.region import resized_face
from sublimen.photo.sitting import Sitting
from sublimen.photo.survival import survival
from sublimen.photo.uploads import UPLOADS
from tests.photo.tiny import FACE, photo


def mean_witness(role="judge"):
    """Remembers how bright the middle of the face is."""

    def embed(levels, face):
        x0, y0, x1, y1 = face.box
        return np.array([levels[y0:y1, x0:x1].mean() / 10], np.float32)

    return Witness(name="bright", role=role, threshold=1.0, false_match_rate=0.01, embed=embed)


@pytest.fixture
def lost(monkeypatch):
    """Faces are found at their places in all pictures but those of these numbers of rows."""
    heights = set()

    def find(levels, _boxes):
        height, width = levels.shape[:2]
        return [] if height in heights else [resized_face(FACE, (240, 250), (height, width))]

    monkeypatch.setattr(module, "find_faces", find)
    return heights


def results(levels, change):
    sitting = Sitting.of(levels, [FACE], (mean_witness(),))
    saved = np.clip(levels.astype(int) + change, 0, 255).astype(np.uint8)
    looks = sitting.look(levels), sitting.look(saved)
    (face,) = survival(sitting, levels, saved, looks)
    return face


@pytest.mark.usefixtures("lost")
def test_every_upload_is_tried_in_order_and_read_at_its_own_size():
    face = results(photo() // 2 + 40, 30)

    assert [result.upload for result in face] == list(UPLOADS)
    for result in face:
        (reading,) = result.recognisers
        assert result.found
        assert result.hidden
        assert reading.before == pytest.approx(0, abs=0.05)
        assert reading.after == pytest.approx(3, abs=0.05)
        assert (reading.matched, reading.matches) == (True, False)


@pytest.mark.usefixtures("lost")
def test_a_face_that_still_matches_is_not_hidden():
    assert not any(result.hidden for result in results(photo() // 2 + 40, 9))


def test_a_face_that_is_not_found_is_asked_about_and_no_success(lost):
    lost.add(120)

    half = results(photo() // 2 + 40, 30)[3]

    assert half.upload == "half"
    assert [half.found, half.found_before, half.hidden] == [False] * 3
    assert half.recognisers[0].after == pytest.approx(3, abs=0.05)


def test_a_face_given_by_hand_is_read_at_its_place(monkeypatch):
    monkeypatch.setattr(module, "find_faces", lambda *_: pytest.fail("detection was asked"))
    asked = []
    monkeypatch.setattr(module, "at_box", lambda _, box: asked.append(box) or FACE)
    levels = photo()
    sitting = Sitting.of(levels, [FACE], (mean_witness(),), by_hand=True)

    sitting.look(levels[::2, ::2])

    assert asked == [(30, 35, 80, 85)]


def test_a_hand_given_face_of_too_few_pixels_is_not_found(monkeypatch):
    def too_small(_levels, _box):
        raise module.BoxError("box must be as large as a face")

    monkeypatch.setattr(module, "at_box", too_small)
    levels = photo()
    sitting = Sitting.of(levels, [FACE], (mean_witness(),), by_hand=True)

    (look,) = sitting.look(levels[::2, ::2])

    assert not look.found
