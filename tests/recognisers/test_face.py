"""Which face of a photo is meant."""

import numpy as np

from sublimen.recognisers.face import Box, Face, middle_face

POINTS = ((1.0, 1.0),) * 5


def test_the_face_nearest_to_the_middle_is_taken_whatever_its_size():
    left, large, right = (
        Face(box, POINTS) for box in (Box(0, 0, 10, 10), Box(40, 5, 90, 55), Box(44, 44, 52, 52))
    )

    assert middle_face([left, large, right], 100, 100) is right
    assert middle_face([left, large, right], 60, 130) is large


def test_a_box_cuts_its_rows_and_columns_from_a_picture():
    picture = np.arange(20).reshape(4, 5)

    assert picture[Box(1, 2, 4, 3).slices].tolist() == [[11, 12, 13]]


def test_without_a_face_there_is_none():
    assert middle_face([], 10, 10) is None
