import pytest

from sublimen.photo.faces import overlap, same_face
from sublimen.recognisers.face import Box, Face

POINTS = ((0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (3.0, 0.0), (4.0, 0.0))


def face(*box):
    return Face(Box(*box), POINTS)


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ((0, 0, 10, 10), (0, 0, 10, 10), 1),
        ((0, 0, 10, 10), (10, 0, 20, 10), 0),
        ((0, 0, 10, 10), (20, 20, 30, 30), 0),
        ((0, 0, 10, 10), (0, 5, 10, 10), 0.5),
    ],
)
def test_overlap_is_intersection_over_union(one, other, share):
    assert overlap(Box(*one), Box(*other)) == share
    assert overlap(Box(*other), Box(*one)) == share


def test_a_face_is_known_again_by_its_place():
    here, near, far = face(0, 0, 100, 100), face(5, 5, 104, 106), face(60, 60, 160, 160)

    assert same_face(here, [far, near]) is near
    assert same_face(here, [far]) is None
    assert same_face(here, []) is None
