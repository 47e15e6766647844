import numpy as np
import pytest
from PIL import Image

from sublimen.bench import frontier_people as module
from sublimen.bench.frontier_people import subjects
from sublimen.errors import PhotoError
from sublimen.recognisers.face import Box
from tests.bench.made_people import find, people
from tests.photo.tiny import FACE


@pytest.fixture
def data(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "find_faces", find)
    return people(tmp_path)


def test_everybody_has_one_photo_to_protect_and_others(data):
    found = list(subjects(data, count=3, others=2, seed=0))

    assert sorted(one.number for one in found) == [0, 1, 2]
    for one in found:
        assert one.path.name == "0.png"
        assert one.path.parent.name == f"person {one.number}"
        assert one.face == FACE
        assert len(one.others) == 2
        assert not any(np.array_equal(one.levels, levels) for levels, _ in one.others)


def test_the_order_of_the_people_is_that_of_the_seed(data):
    orders = {
        seed: [one.number for one in subjects(data, count=3, others=1, seed=seed)]
        for seed in range(8)
    }

    assert len({tuple(order) for order in orders.values()}) > 1
    assert orders[0] == [one.number for one in subjects(data, count=3, others=1, seed=0)]
    assert [one.number for one in subjects(data, count=2, others=1, seed=0)] == orders[0][:2]


def test_photos_without_a_face_do_not_count_and_who_has_too_few_is_left_out(data):
    black = Image.fromarray(np.zeros((240, 250, 3), np.uint8))
    black.save(data / "faces" / "lfw" / "person 1" / "0.png")

    found = {one.number: one for one in subjects(data, count=3, others=1, seed=0)}

    assert found[1].path.name == "1.png"
    with pytest.raises(PhotoError, match="must hold 3 people with 3 photos, got 2"):
        list(subjects(data, count=3, others=2, seed=0))


def test_of_two_faces_the_one_in_the_middle_counts_and_no_such_photo_is_protected(
    data, monkeypatch
):
    side = FACE.__class__(Box(0, 0, 20, 20), FACE.landmarks, None)

    def two(_levels, _boxes):
        first = not hasattr(two, "asked")
        two.asked = True
        return [side, FACE] if first else [FACE]

    monkeypatch.setattr(module, "find_faces", two)

    (one,) = subjects(data, count=1, others=2, seed=0)

    assert one.path.name == "1.png"
    assert [face for _, face in one.others] == [FACE, FACE]


def test_data_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(PhotoError, match="must hold 1 people with 3 photos, got 0"):
        list(subjects(tmp_path, count=1, others=2, seed=0))
