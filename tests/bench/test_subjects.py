from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sublimen.bench.plan import Pictures
from sublimen.bench.subjects import Picture, made, pictures, resized, subjects
from sublimen.errors import PhotoError, SettingError
from sublimen.recognisers.recogniser import Recogniser
from tests.bench.tiny import CLASSES, network


@pytest.fixture
def recogniser():
    return Recogniser(name="tiny", model=network(), answers="classes")


def coloured(path, colour, size=(40, 30)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def test_made_pictures_are_different_always_the_same_and_on_the_lattice():
    first, again = ([picture.load() for picture in made(3, 24)] for _ in range(2))

    assert all(map(torch.equal, first, again))
    assert not torch.equal(first[0], first[1])
    for image in first:
        assert image.shape == (1, 3, 24, 24)
        assert torch.equal((image * 255).round() / 255, image)


def test_nobody_named_a_class_so_it_is_what_the_recogniser_says(recogniser):
    chosen = list(made(4, 32))

    found = subjects(chosen, recogniser)

    assert torch.equal(found.labels, recogniser.model(found.images).argmax(dim=1))
    assert torch.equal(found.targets, (found.labels + CLASSES // 2) % CLASSES)
    assert found.names == ("made-000", "made-001", "made-002", "made-003")


def test_named_classes_are_kept_even_where_the_recogniser_errs(recogniser):
    image = next(made(1, 32))
    wrong = (subjects([image], recogniser).labels.item() + 1) % CLASSES

    found = subjects([Picture(name="x", load=image.load, label=wrong, target=4)], recogniser)

    assert found.labels.tolist() == [wrong]
    assert found.targets.tolist() == [4]


def test_an_embedding_is_refused():
    embedder = Recogniser(name="e", model=network(), answers="embedding")

    with pytest.raises(SettingError, match="must answer with classes, got e"):
        subjects(list(made(1, 32)), embedder)


def test_a_picture_is_resized_by_pillow_and_rounded(tmp_path):
    levels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    Image.fromarray(levels).save(tmp_path / "a.png")

    found = resized(tmp_path / "a.png", 16)

    expected = Image.fromarray(levels).resize((16, 16), Image.Resampling.BICUBIC)
    assert np.array_equal(found, np.asarray(expected))
    assert np.array_equal(resized(tmp_path / "a.png", None), levels)


def test_pictures_of_a_folder_named_like_a_class_are_of_that_class(tmp_path):
    recogniser = Recogniser(
        name="t", model=network(), answers="classes", labels=("Ada", "Max"), side=16
    )
    coloured(tmp_path / "Max" / "1.png", "red")
    coloured(tmp_path / "Eve" / "1.jpg", "blue")
    (tmp_path / "notes.txt").write_text("no picture")

    found = pictures(Pictures(source="folder", folder=tmp_path), recogniser, None)

    assert [(picture.name, picture.label) for picture in found] == [("Eve_1", None), ("Max_1", 1)]
    assert found[0].load().shape == (1, 3, 16, 16)


def test_no_more_than_asked_for_are_taken(tmp_path, recogniser):
    for number in range(4):
        coloured(tmp_path / f"{number}.png", (50 * number, 0, 0))

    wanted = Pictures(source="folder", folder=tmp_path, count=3)

    assert [p.name for p in pictures(wanted, recogniser, None)] == ["0", "1", "2"]


def test_nips17_names_the_wanted_classes_or_they_are_shifted(tmp_path, recogniser):
    folder = tmp_path / "imagenet"
    coloured(folder / "nips17" / "a.png", "red")
    (folder / "nips17_labels.csv").write_text(
        "file,true_index_0_999,target_index_0_999,author,license\na.png,3,5,me,CC0\n"
    )

    (named,) = pictures(Pictures(source="nips17", targets="named"), recogniser, tmp_path)
    (shifted,) = pictures(Pictures(source="nips17", side=32), recogniser, tmp_path)

    assert (named.name, named.label, named.target) == ("a", None, 5)
    assert shifted.target is None
    assert shifted.load().shape == (1, 3, 32, 32)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Pictures(source="nips17"), "must be the folder that holds nips17"),
        (Pictures(source="folder", folder=Path("nowhere")), "must be a folder of pictures"),
    ],
)
def test_what_is_not_there_is_said(recogniser, wanted, words):
    with pytest.raises(PhotoError, match=words):
        pictures(wanted, recogniser, None)


def test_a_folder_without_pictures_or_with_two_of_one_name_is_refused(tmp_path, recogniser):
    wanted = Pictures(source="folder", folder=tmp_path)
    with pytest.raises(PhotoError, match="must hold pictures, got none"):
        pictures(wanted, recogniser, None)
    coloured(tmp_path / "a.png", "red")
    coloured(tmp_path / "a.jpg", "red")

    with pytest.raises(SettingError, match="different names"):
        pictures(wanted, recogniser, None)


def test_a_damaged_picture_is_named(tmp_path):
    (tmp_path / "a.png").write_text("no picture")

    with pytest.raises(PhotoError, match=r"a\.png must be a picture that can be read"):
        resized(tmp_path / "a.png", 16)


@pytest.mark.weights
def test_faces_are_the_last_of_each_person_and_known_by_name(data):
    recogniser = Recogniser(
        name="g", model=network(), answers="classes", labels=("Adrien_Brody", "Abdullah_Gul")
    )

    found = pictures(Pictures(source="lfw", count=3), recogniser, data)

    assert [picture.label for picture in found] == [1, 0, None]
    image = found[0].load()
    assert image.shape == (1, 3, 150, 150)
    assert torch.equal((image * 255).round() / 255, image)
