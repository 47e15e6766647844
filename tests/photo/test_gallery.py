import numpy as np
import pytest
from PIL import Image

from sublimen.errors import PhotoError
from sublimen.photo import gallery as module
from sublimen.photo.gallery import Gallery
from sublimen.photo.panel import Witness
from sublimen.recognisers.face import Box, Face
from tests.photo.tiny import FACE

WITNESSES = tuple(
    Witness(
        name=name,
        role="judge",
        threshold=0.5,
        false_match_rate=0.01,
        embed=lambda levels, face, k=k: np.array([float(levels[0, face.box.x0, k]), 0.0]),
    )
    for k, name in enumerate(("red", "green"))
)


@pytest.fixture(autouse=True)
def finder(monkeypatch):
    """Black photos show nobody, others two faces: at the left and at the right."""
    faces = [Face(Box(x0, 0, x0 + 8, 8), FACE.landmarks) for x0 in (0, 8)]
    monkeypatch.setattr(module, "find_faces", lambda levels, _: faces if levels.any() else [])


@pytest.fixture
def folder(tmp_path):
    for name, left, right in (("b.png", 10, 20), ("a.png", 40, 30), ("c.png", 0, 0)):
        levels = np.zeros((16, 16, 3), np.uint8)
        levels[:, :8], levels[:, 8:] = (left, 2 * left, 0), (right, 2 * right, 0)
        Image.fromarray(levels).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("not a photo")
    return tmp_path


def test_every_face_of_every_photo_is_remembered_by_everybody(folder):
    gallery = Gallery.of(folder, WITNESSES)

    assert gallery.owners == ("a.png", "a.png", "b.png", "b.png")
    assert gallery.without_face == ("c.png",)
    red, green = ([template[0] for template in known] for known in gallery.templates)
    assert red == [40, 30, 10, 20]
    assert green == [80, 60, 20, 40]


def test_distances_are_to_the_nearest_face_of_each_photo(folder):
    gallery = Gallery.of(folder, WITNESSES)

    assert gallery.distances(0, np.array([12.0, 0.0])) == {"a.png": 18, "b.png": 2}
    assert gallery.nearest(1, np.array([70.0, 0.0])) == 10


def test_some_photos_may_be_left_out(folder):
    left_out = [folder / "a.png", folder / "not-there.png"]

    assert set(Gallery.of(folder, WITNESSES, without=left_out).owners) == {"b.png"}


def test_photos_are_added_one_by_one(folder):
    levels = np.asarray(Image.open(folder / "b.png"))

    gallery = Gallery.empty(WITNESSES)
    assert gallery.nearest(0, np.zeros(2)) is None
    gallery = gallery.and_photo("b.png", levels, WITNESSES)
    gallery = gallery.and_photo("black.png", 0 * levels, WITNESSES)

    assert gallery == Gallery(gallery.templates, ("black.png",), ("b.png", "b.png"))
    assert [known[0][0] for known in gallery.templates] == [10, 20]


@pytest.mark.parametrize("content", ["nothing", "no folder"])
def test_a_folder_without_photos_is_refused_by_its_name(tmp_path, content):
    folder = tmp_path if content == "nothing" else tmp_path / "none"

    with pytest.raises(PhotoError, match="towards must"):
        Gallery.of(folder, WITNESSES, name="towards")
