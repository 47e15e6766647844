import numpy as np
import pytest

from sublimen.photo.panel import Witness, distance, inside, overlap, same_face
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


def test_a_box_is_cut_to_the_photo():
    assert inside(Box(-3, -4, 50, 60), np.zeros((20, 30, 3), np.uint8)) == (0, 0, 30, 20)


def test_a_witness_matches_up_to_and_at_its_threshold():
    witness = Witness(
        name="a", role="judge", threshold=0.5, false_match_rate=0.01, embed=lambda *_: np.zeros(2)
    )

    assert witness.reading((0.0, 0.5)).matches
    assert not witness.reading((0.0, 0.5001)).matches
    assert witness.reading((0.0, 0.6), (0.3, 0.7)).after_gallery == 0.7


def test_distance_is_euclidean():
    assert distance(np.array([0.0, 3.0]), np.array([4.0, 0.0])) == 5
