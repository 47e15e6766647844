import io

import numpy as np
import pytest
from PIL import Image

from sublimen.photo.uploads import UPLOADS, reduced
from tests.photo.tiny import photo


def pillow(levels, quality):
    written = io.BytesIO()
    Image.fromarray(levels).save(written, "JPEG", quality=quality, subsampling="4:2:0")
    with Image.open(written) as picture:
        return np.array(picture)


def test_uploads_come_from_mild_to_harsh_and_say_what_they_are():
    assert list(UPLOADS) == ["png", "q90", "q75", "half", "screen"]
    assert all(upload.summary for upload in UPLOADS.values())


def test_a_png_is_the_levels_themselves_in_an_array_of_their_own():
    levels = photo()

    same = UPLOADS["png"].make(levels)
    same[0, 0] = 0

    np.testing.assert_array_equal(levels, photo())


def test_jpeg_is_that_of_pillow_with_fewer_colour_samples():
    levels = photo()

    np.testing.assert_array_equal(UPLOADS["q90"].make(levels), pillow(levels, 90))
    np.testing.assert_array_equal(UPLOADS["q75"].make(levels), pillow(levels, 75))


def test_half_is_reduced_first_and_compressed_then():
    levels = photo()

    small = np.array(Image.fromarray(levels).resize((125, 120), Image.Resampling.LANCZOS))

    np.testing.assert_array_equal(UPLOADS["half"].make(levels), pillow(small, 75))


def test_a_screenshot_is_smaller_and_not_compressed():
    flat = np.full((50, 100, 3), 77, np.uint8)
    flat[:, 50:] = 200

    shown = UPLOADS["screen"].make(flat)

    assert shown.shape == (40, 80, 3)
    assert set(np.unique(shown[:, [0, 1, -2, -1]])) == {77, 200}


@pytest.mark.parametrize("name", UPLOADS)
def test_grey_stays_grey_and_the_photo_is_left_alone(name):
    grey = np.ascontiguousarray(photo()[..., :1])
    before = grey.copy()

    made = UPLOADS[name].make(grey)

    assert made.shape[2] == 1
    assert made.dtype == np.uint8
    np.testing.assert_array_equal(grey, before)


def test_a_pixel_is_left_of_the_smallest_photo():
    assert reduced(np.zeros((1, 3, 3), np.uint8), 0.1, Image.Resampling.BICUBIC).shape == (1, 1, 3)
