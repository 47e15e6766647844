import numpy as np
import pytest
import torch
from PIL import Image

from sublimen.errors import PhotoError
from sublimen.training.pictures import Pictures


@pytest.fixture
def folder(tmp_path):
    for name, size in (("one.png", (40, 60)), ("two.jpg", (50, 45)), ("small.png", (20, 90))):
        Image.fromarray(np.full((*size, 3), 90, np.uint8)).save(tmp_path / name)
    Image.fromarray(np.full((60, 60), 90, np.uint8)).save(tmp_path / "grey.png")
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


def test_colour_pictures_that_are_large_enough_are_taken_in_order(folder):
    found = Pictures.of([folder], [], side=18)

    # 18 pixels reduced by 0.6 come from 30.
    assert found.names == ("one.png", "two.jpg")
    assert [picture.shape for picture in found.pictures] == [(40, 60, 3), (50, 45, 3)]


def test_names_can_be_left_out(folder):
    assert Pictures.of([folder], ["o*"], side=18).names == ("two.jpg",)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: ([folder / "nowhere"], []), "must be a folder of pictures"),
        (lambda folder: ([folder], ["*"]), "at least 30 pixels a side"),
    ],
)
def test_nothing_to_learn_from_is_refused(folder, make, message):
    folders, leave_out = make(folder)

    with pytest.raises(PhotoError, match=message):
        Pictures.of(folders, leave_out, side=18)


def test_a_broken_picture_is_refused_by_name(folder):
    (folder / "torn.png").write_bytes(b"\x89PNG torn")

    with pytest.raises(PhotoError, match=r"torn\.png"):
        Pictures.of([folder], [], side=18)


def test_patches_depend_on_the_generator_alone(pictures):
    one, same, other = (
        pictures.patches(3, 64, torch.Generator().manual_seed(seed)) for seed in (4, 4, 5)
    )

    assert one.shape == (3, 3, 64, 64)
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert 0 <= one.min() <= one.max() <= 1


def test_patches_lie_anywhere_in_the_picture_mirrored_or_not():
    ramp = np.tile(np.arange(100, dtype=np.uint8)[None, :, None], (100, 1, 3))
    patches = Pictures(["ramp"], [ramp]).patches(200, 40, torch.Generator().manual_seed(0))

    rises = patches[:, 0, 0, -1] - patches[:, 0, 0, 0]
    means = patches.mean(dim=(1, 2, 3)) * 255
    widths = rises.abs() * 255
    assert 0.3 < (rises > 0).float().mean() < 0.7
    # 40 to 67 columns are reduced to 40; what lies between the first and the last rises by them.
    assert 37 < widths.min() < 43
    assert 60 < widths.max() < 67
    assert means.min() < 28
    assert means.max() > 72
