import numpy as np
import pytest
from PIL import Image

from sublimen.errors import BoxError, PhotoError
from sublimen.photo.measure import measure_files
from sublimen.photo.options import MapOptions, ViewOptions
from sublimen.recognisers.face import Box

QUICK = ViewOptions(meters=("flip",))


def measure(a, b, **settings):
    return measure_files(a, b, **{"view": QUICK, "within": MapOptions(), **settings})


@pytest.fixture
def files(portrait, make):
    changed = portrait.copy()
    changed[60:120, 50:110] ^= 4
    return make(portrait, "a.png"), make(changed, "b.png")


@pytest.mark.weights
def test_faces_are_found_in_the_original(files):
    measured = measure(*files)

    assert len(measured.faces) == 1
    assert measured.visibility.viewing == "face"
    assert measured.visibility.jnd > 0
    assert (measured.identical, measured.largest_change) == (False, 4)
    assert measured.metrics["linf"] == 4
    assert measured.metrics["ssimulacra2"] < 100
    assert measured.unavailable["lpips"].startswith("not available: ")


@pytest.mark.weights
def test_a_face_can_be_given_by_hand(files):
    measured = measure(*files, boxes=[Box(40, 50, 140, 150)])

    assert measured.faces == (Box(40, 50, 140, 150),)
    with pytest.raises(BoxError, match="box must lie in the photo"):
        measure(*files, boxes=[Box(0, 0, 900, 900)])


def test_without_face_detection_there_is_no_face(files, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "dlib", None)
    from sublimen.recognisers import detection

    detection._detector.cache_clear()

    measured = measure(*files)

    assert measured.faces == ()
    assert measured.visibility.viewing in {"fit", "desk"}


@pytest.mark.weights
def test_a_file_is_identical_to_itself(files):
    measured = measure(files[0], files[0])

    assert measured.identical
    assert measured.metrics["psnr"] is None
    assert measured.visibility.jnd == 0


@pytest.mark.weights
def test_small_photos_say_what_they_are_too_small_for(portrait, make):
    small = make(portrait[:100, :100], "small.png")

    measured = measure(small, small)

    assert measured.unavailable["ms_ssim"].endswith("at least 161 x 161 pixels, got 100 x 100")


def test_photos_that_cannot_be_compared_are_refused(portrait, make, files):
    other = make(Image.fromarray(portrait).convert("L"), "grey.png")

    with pytest.raises(PhotoError, match="same size and channels"):
        measure(files[0], other)
    with pytest.raises(PhotoError, match="no such file"):
        measure(files[0], files[0].with_name("missing.png"))


@pytest.mark.weights
def test_the_reading_is_what_the_meters_say_of_the_levels(files):
    from sublimen.photo.faces import find_faces
    from sublimen.visibility.answer import Observer

    pair = [np.asarray(Image.open(path)) for path in files]

    expected = Observer.of(names=("flip",)).compare(*pair, find_faces(pair[0].copy(), ()))

    assert measure(*files).visibility == expected
