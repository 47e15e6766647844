from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sublimen.bench import recogniser_rows as module
from sublimen.bench.recogniser_rows import Pair, chosen, measure, read, write
from sublimen.errors import PhotoError
from sublimen.recognisers import Embedder
from sublimen.recognisers.face import Box, Face
from sublimen.recognisers.gallery import GalleryPhoto

FACE = Face(Box(0, 0, 4, 4), ((3.0, 1.0), (3.0, 1.0), (1.0, 1.0), (1.0, 1.0), (2.0, 3.0)))


class Brightness(Embedder):
    """Embeds a photo as its grey level times a number."""

    side = 4

    def __init__(self, times):
        super().__init__()
        self.times = times
        self.asked = 0
        self.points = []

    def cut(self, photo, face, *, origin=(0, 0)):
        assert replace(face, points=None) == FACE
        self.points.append(face.points)
        assert origin == (0, 0)
        return photo

    def embed(self, chips):
        self.asked += 1
        return self.times * 255 * chips.mean(dim=(2, 3))[:, :1]


@pytest.fixture
def networks(monkeypatch):
    """Two recognisers, and three people with five photos, one of them without a face."""
    made = {"one": Brightness(1), "ten": Brightness(10)}
    levels = [(0, 10, True), (0, 14, True), (1, 50, True), (2, 90, False), (2, 92, True)]

    def photos(folder):
        assert folder == Path("data/faces/lfw")
        for person, grey, found in levels:
            grey_photo = np.full((4, 4, 3), grey, np.uint8)
            face = FACE if found else None
            yield GalleryPhoto(person=person, path=Path("p"), levels=grey_photo, face=face)

    monkeypatch.setattr(module.store_of, "installed", lambda _: False)
    monkeypatch.setattr(module, "installed", lambda: tuple(made))
    monkeypatch.setattr(module, "embedder", made.__getitem__)
    monkeypatch.setattr(module, "gallery_photos", photos)
    return made


@pytest.mark.usefixtures("networks")
def test_every_pair_has_the_distance_of_every_recogniser():
    said = []

    pairs = {(p.one, p.other): p for p in measure(Path("data"), watch=said.append)}

    same = pairs[(0, 0), (0, 1)]
    assert same.same
    assert same.distances == pytest.approx({"one": 4, "ten": 40}, abs=1e-3)
    different = pairs[(1, 0), (2, 1)]
    assert not different.same
    assert different.distances == pytest.approx({"one": 42, "ten": 420}, abs=1e-3)
    assert "no face in photo 0 of person 2" in said
    assert said[0] == "recognisers: one, ten"


def test_every_photo_is_asked_about_once(networks):
    pairs = measure(Path("data"), watch=lambda _: None)

    assert len(pairs) == 6
    assert [network.asked for network in networks.values()] == [4, 4]


def test_finer_points_are_a_recogniser_of_their_own(networks, monkeypatch):
    finer = ((1.0, 1.0),) * 5
    photos = list(_two_photos(replace(FACE, points=finer)))
    monkeypatch.setattr(module, "REFINED", frozenset({"ten"}))
    monkeypatch.setattr(module.store_of, "installed", lambda name: name == "mtcnn")
    monkeypatch.setattr(module, "gallery_photos", lambda _: photos)

    (pair,) = measure(Path("data"), watch=lambda _: None)

    assert list(pair.distances) == ["one", "ten", "ten with mtcnn"]
    assert networks["one"].points == [None, None]
    assert networks["ten"].points == [None, finer, None, finer]


def _two_photos(face):
    for _ in range(2):
        levels = np.zeros((4, 4, 3), np.uint8)
        yield GalleryPhoto(person=0, path=Path("p"), levels=levels, face=face)


def test_pairs_of_one_person_are_all_there_and_those_of_two_are_drawn_once_each():
    places = [(person, photo) for person in range(6) for photo in range(4)]

    pairs = chosen(places, strangers=50)

    same = [pair for pair in pairs if pair[0][0] == pair[1][0]]
    assert len(same) == 6 * 6
    assert len(pairs) == 36 + 50
    assert len(set(pairs)) == len(pairs)
    assert pairs == chosen(places, strangers=50)
    assert len(chosen(places)) == 24 * 23 / 2


def test_rows_are_read_as_they_were_written(tmp_path):
    pairs = [
        Pair(one=(0, 1), other=(0, 3), distances={"a": 0.5, "b": 1.25}),
        Pair(one=(0, 1), other=(7, 0), distances={"a": 0.75, "b": 1.5}),
    ]

    write(tmp_path / "pairs.csv", pairs)
    write(tmp_path / "pairs.csv", pairs)

    assert read(tmp_path / "pairs.csv") == pairs
    assert read(tmp_path / "none.csv") == []


def test_other_files_are_refused(tmp_path):
    (tmp_path / "pairs.csv").write_text("who,what\n1,2\n")

    with pytest.raises(PhotoError, match="must have the columns person, photo"):
        read(tmp_path / "pairs.csv")


@pytest.mark.usefixtures("networks")
def test_nothing_keeps_a_gradient():
    with torch.enable_grad():
        pairs = measure(Path("data"), watch=lambda _: None)

    assert all(isinstance(d, float) for pair in pairs for d in pair.distances.values())
