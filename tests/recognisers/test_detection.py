import numpy as np
import pytest
from PIL import Image

from sublimen.errors import BoxError
from sublimen.recognisers import detection
from sublimen.recognisers.detection import as_colour, at_box, detect
from sublimen.recognisers.face import Box

dlib = pytest.importorskip("dlib", reason="the extra photo brings dlib")
pytest.importorskip("face_recognition_models", reason="the extra photo brings landmarks")

pytestmark = pytest.mark.weights


def overlap(one, other):
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    common = max(width, 0) * max(height, 0)
    return common / (one.width * one.height + other.width * other.height - common)


@pytest.fixture
def head(astronaut):
    return np.ascontiguousarray(astronaut[0:260, 100:340])


def test_a_face_is_found_with_its_landmarks_inside(head):
    (face,) = detect(head)

    assert overlap(face.box, Box(75, 76, 166, 167)) > 0.8
    assert all(
        face.box.x0 < x < face.box.x1 and face.box.y0 < y < face.box.y1 for x, y in face.landmarks
    )


def test_faces_come_from_left_to_right(head):
    two = np.concatenate([head, head[:, ::-1]], axis=1)

    first, second = detect(two)

    assert first.box.x0 < 240 <= second.box.x0


def test_small_faces_are_found_by_enlarging_further(head):
    small = np.array(Image.fromarray(head).resize((72, 78), Image.Resampling.LANCZOS))

    (face,) = detect(small)

    assert 18 < face.box.width < 40


def test_noise_has_no_face():
    noise = np.random.default_rng(0).integers(0, 256, (90, 110, 3), dtype=np.uint8)

    assert detect(noise) == []


def test_grey_photos_are_looked_at_too(head):
    grey = np.array(Image.fromarray(head).convert("L"))[..., None]

    assert len(detect(grey)) == 1
    assert as_colour(grey).flags.c_contiguous


@pytest.mark.parametrize("corner", [(0, 0), (1700, 1300), (400, 900)])
@pytest.mark.parametrize("width", [80, 130, 600])
def test_in_a_large_photo_faces_of_80_pixels_are_found(head, monkeypatch, corner, width):
    monkeypatch.setattr(detection, "LARGE", 1_000_000)
    scale = width / 91
    size = (round(240 * scale), round(260 * scale))
    pasted = Image.new("RGB", (2000, 1600), (128, 128, 128))
    place = tuple(min(c, s - n) for c, s, n in zip(corner, (2000, 1600), size, strict=True))
    pasted.paste(Image.fromarray(head).resize(size, Image.Resampling.BICUBIC), place)

    faces = detect(np.array(pasted))

    found = [face.box for face in faces]
    there = Box(*(round(place[k % 2] + scale * v) for k, v in enumerate((75, 76, 166, 167))))
    assert max(overlap(box, there) for box in found) > 0.5


def test_a_large_photo_without_large_faces_is_enlarged_twice(head, monkeypatch):
    monkeypatch.setattr(detection, "LARGE", 10_000)
    small = np.array(Image.fromarray(head).resize((140, 152), Image.Resampling.LANCZOS))

    assert len(detect(small)) == 1


@pytest.mark.slow
def test_what_is_found_by_enlarging_twice_is_found_in_large_photos(data):
    detector = dlib.get_frontal_face_detector()
    for path in sorted((data / "faces" / "azure_family").glob("*.jpg"))[::3]:
        with Image.open(path) as picture:
            levels = np.array(picture.convert("RGB"))
        twice = [r for r in detector(levels, 1) if r.width() >= 80]
        found = [r.dcenter() for r in detection._enlarged(levels)]
        for rectangle in twice:
            assert any(rectangle.contains(dlib.point(int(c.x), int(c.y))) for c in found)


def test_a_face_given_by_hand_gets_landmarks(head):
    (face,) = detect(head)

    by_hand = at_box(head, face.box)

    assert by_hand == face


@pytest.mark.parametrize(
    "box", [Box(-1, 0, 50, 50), Box(0, 0, 241, 50), Box(50, 50, 50, 90), Box(9, 60, 30, 20)]
)
def test_a_box_that_leaves_the_photo_or_is_empty_is_refused(head, box):
    with pytest.raises(BoxError, match="must lie in the photo of 240 x 260 pixels"):
        at_box(head, box)


def test_a_box_too_small_for_a_face_is_refused(head):
    with pytest.raises(BoxError, match="as large as a face"):
        at_box(head, Box(100, 100, 102, 102))
