from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sublimen.errors import PhotoError, SettingError
from sublimen.imaging.levels import to_levels
from sublimen.recognisers import GalleryChips, gallery, gallery_chips
from sublimen.recognisers.alignment import PADDING, PLACES, SIDE
from sublimen.recognisers.face import Box, Face


def face_at(x, y, *, scale=1.0):
    """An upright face whose chip is centred there."""
    places = ((PADDING + PLACES) / (1 + 2 * PADDING) - 0.5) * SIDE * scale
    half = round(50 * scale)
    box = Box(round(x) - half, round(y) - half, round(x) + half, round(y) + half)
    return Face(box, tuple((x + u, y + v) for u, v in places))


def faces_by_colour(levels):
    """None in a black photo, else one in the middle and a smaller one at the left."""
    if levels.max() == 0:
        return []
    height, width = levels.shape[:2]
    return [face_at(60, 60, scale=0.5), face_at((width - 1) / 2, (height - 1) / 2)]


@pytest.fixture
def seen(monkeypatch):
    """What the detector is shown."""
    photos = []

    def detect(levels):
        photos.append(levels)
        return faces_by_colour(levels)

    monkeypatch.setattr(gallery, "detect", detect)
    return photos


@pytest.fixture
def folder(tmp_path, seen):
    """Two people with three photos and one, one of them without a face."""
    for name, greys in {"Max": (30, 0, 90), "Ada": (200,)}.items():
        (tmp_path / name).mkdir()
        for number, grey in enumerate(greys):
            levels = np.full((200, 220, 3), grey, dtype=np.uint8)
            Image.fromarray(levels).save(tmp_path / name / f"{name}_{number}.png")
    (tmp_path / "Max" / "notes.txt").write_text("no photo")
    (tmp_path / "nobody").mkdir()
    assert not seen
    return tmp_path


def test_people_come_in_alphabetical_order_with_their_photos(folder):
    found = gallery_chips(folder)

    assert found.names == ("Ada", "Max")
    assert found.people.tolist() == [0, 1, 1]
    assert [path.name for path in found.paths] == ["Ada_0.png", "Max_0.png", "Max_2.png"]
    assert [path.name for path in found.missed] == ["Max_1.png"]
    assert (found.chips[:, 0, 75, 75] * 255).tolist() == pytest.approx([200, 30, 90])


def test_the_face_in_the_middle_counts(folder):
    photo = folder / "Ada" / "Ada_0.png"
    levels = np.full((200, 220, 3), 10, dtype=np.uint8)
    levels[25:175, 35:185] = 240
    Image.fromarray(levels).save(photo)

    chips = gallery_chips(folder, most=1).chips

    assert (chips[0] * 255).min() == 240


def test_photos_are_opened_one_after_the_other_with_the_face_in_the_middle(folder, seen):
    photos = gallery.gallery_photos(folder)

    first = next(photos)
    assert len(seen) == 1
    assert (first.person, first.path.name, first.levels.shape) == (0, "Ada_0.png", (200, 220, 3))
    assert first.face == face_at(109.5, 99.5)
    rest = list(photos)
    assert [photo.person for photo in rest] == [1, 1, 1]
    assert [photo.face is None for photo in rest] == [False, True, False]


def test_no_more_photos_are_looked_at_than_wanted(folder, seen):
    found = gallery_chips(folder, most=1)

    assert len(seen) == 2
    assert [path.name for path in found.paths] == ["Ada_0.png", "Max_0.png"]
    assert found.missed == ()


@pytest.mark.parametrize("side", [112, 150, 160])
def test_chips_have_the_side_that_is_asked_for_in_whole_levels(folder, side):
    columns = np.arange(220, dtype=np.uint8)[None, :, None].repeat(200, 0).repeat(3, 2)
    Image.fromarray(columns).save(folder / "Ada" / "Ada_0.png")

    chips = gallery_chips(folder, side=side, most=1).chips

    assert chips.shape == (2, 3, side, side)
    assert torch.equal(to_levels(chips), chips)
    # The chip's middle is that of the photo, whose columns rise by one level each.
    middle = chips[0, :, :, side // 2 - 1 : side // 2 + 1].mean() * 255
    assert middle.item() == pytest.approx(109.5, abs=0.6)
    rise = (chips[0, 0, 50, side // 2 + 20] - chips[0, 0, 50, side // 2 - 20]) * 255
    assert rise.item() == pytest.approx(40 * 150 / side, abs=1.1)


def test_photos_are_turned_upright(folder, seen):
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.fromarray(np.full((200, 300, 3), 9, dtype=np.uint8))
    turned.save(folder / "Ada" / "Ada_0.png", exif=exif)

    gallery_chips(folder, most=1)

    assert seen[0].shape == (300, 200, 3)


def test_a_gallery_is_split_person_by_person(folder):
    found = gallery_chips(folder)

    first, last = found.split(1)

    assert [path.name for path in first.paths] == ["Max_0.png"]
    assert [path.name for path in last.paths] == ["Ada_0.png", "Max_2.png"]
    assert last.people.tolist() == [0, 1]
    assert first.names == last.names == found.names
    assert found.counts().tolist() == [1, 2]
    assert first.counts().tolist() == [0, 1]


def test_the_last_faces_are_the_last_whatever_the_order_of_people():
    people = torch.tensor([1, 0, 1, 0, 1])
    mixed = GalleryChips(
        chips=torch.zeros(5, 3, 2, 2), people=people, names=("a", "b"), paths=(Path(),) * 5
    )

    assert mixed.last(1).tolist() == [False, False, False, True, True]
    assert mixed.last(2).tolist() == [False, True, True, True, True]
    with pytest.raises(SettingError, match="faces must be at least 1"):
        mixed.last(0)


def test_folders_that_are_no_gallery_are_refused(tmp_path, folder):
    with pytest.raises(PhotoError, match="gallery must be a folder"):
        gallery_chips(tmp_path / "absent")
    with pytest.raises(PhotoError, match="one folder with photos for each person"):
        gallery_chips(folder / "nobody")
    with pytest.raises(SettingError, match="side must be at least 1"):
        gallery_chips(folder, side=0)
    with pytest.raises(SettingError, match="most must be at least 1"):
        gallery_chips(folder, most=0)


@pytest.mark.usefixtures("seen")
def test_a_gallery_without_any_face_is_refused(tmp_path):
    (tmp_path / "Ada").mkdir()
    Image.new("RGB", (200, 200)).save(tmp_path / "Ada" / "1.png")

    with pytest.raises(PhotoError, match="photos with faces, got 1 without one"):
        gallery_chips(tmp_path)


def test_a_damaged_photo_is_named(folder):
    (folder / "Ada" / "Ada_1.jpg").write_bytes(b"\xff\xd8\xff half a photo")

    with pytest.raises(PhotoError, match=r"Ada_1\.jpg must be a photo that can be read"):
        gallery_chips(folder)


@pytest.mark.usefixtures("as_users_run_it")
def test_faces_and_people_must_be_as_many():
    with pytest.raises(PhotoError, match="as many as each other"):
        GalleryChips(
            chips=torch.zeros(2, 3, 2, 2), people=torch.tensor([0]), names=("a",), paths=()
        )


@pytest.mark.weights
def test_a_real_face_lands_where_dlib_puts_it(tmp_path, astronaut):
    pytest.importorskip("face_recognition_models", reason="the extra photo brings landmarks")
    from sublimen.imaging.levels import from_bytes
    from sublimen.recognisers import Alignment, chip, detect

    head = np.ascontiguousarray(astronaut[0:260, 100:340])
    (tmp_path / "Eileen").mkdir()
    Image.fromarray(head).save(tmp_path / "Eileen" / "1.png")

    chips = gallery_chips(tmp_path).chips

    (face,) = detect(head)
    aligned = chip(from_bytes(head), Alignment.of(face))
    assert (chips - aligned).abs().max().item() == pytest.approx(0.5 / 255, abs=1e-5)
