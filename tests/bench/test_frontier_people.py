import numpy as np
import pytest
from PIL import Image

from sublimen.bench import frontier_people as module
from sublimen.bench.frontier_people import strangers, subjects, uncropped
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


def test_strangers_are_those_who_are_drawn_last_but_for_the_person(data):
    order = [one.number for one in subjects(data, count=3, others=2, seed=0)]
    photos = {one.number: one.levels for one in subjects(data, count=3, others=2, seed=0)}

    last, before = strangers(data, count=2, without=order[0], seed=0)
    (other,) = strangers(data, count=1, without=order[2], seed=0)

    assert np.array_equal(last[0], photos[order[2]])
    assert np.array_equal(before[0], photos[order[1]])
    assert np.array_equal(other[0], photos[order[1]])
    assert last[1] == FACE
    assert strangers(data, count=0, without=0, seed=0) == ()


def test_strangers_without_a_face_do_not_count(data):
    for path in (data / "faces" / "lfw" / "person 1").iterdir():
        Image.fromarray(np.zeros((240, 250, 3), np.uint8)).save(path)

    with pytest.raises(PhotoError, match="must hold 2 other people, got 1"):
        strangers(data, count=2, without=0, seed=0)


def test_uncropped_photos_are_compared_with_themselves_and_none_comes_twice(data):
    folder = data / "faces" / "azure_family"
    folder.mkdir()
    one, two = (next((data / "faces" / "lfw" / f"person {k}").iterdir()) for k in (0, 1))
    for name, content in (("a", one), ("b", one), ("d", two)):
        (folder / f"{name}.png").write_bytes(content.read_bytes())
    Image.fromarray(np.zeros((240, 250, 3), np.uint8)).save(folder / "c.png")

    first, second = uncropped(data, count=2)

    assert [found.path.name for found in (first, second)] == ["a.png", "d.png"]
    assert [found.number for found in (first, second)] == [0, 3]
    ((levels, face),) = second.others
    assert np.array_equal(levels, second.levels)
    assert face == second.face == FACE
    with pytest.raises(PhotoError, match="must hold 3 photos with one face, got 2"):
        list(uncropped(data, count=3))


def test_uncropped_photos_that_are_not_there_are_refused(tmp_path):
    with pytest.raises(PhotoError, match="must hold 1 photos with one face, got 0"):
        list(uncropped(tmp_path, count=1))
