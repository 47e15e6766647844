import numpy as np
import pytest
from PIL import Image

from sublimen.bench.windows import FACES, PER_PICTURE, SKIMAGE, windows
from sublimen.errors import PhotoError


@pytest.fixture
def photos(tmp_path, astronaut):
    """A folder like the evaluation data, made of the portrait."""
    (tmp_path / "kodak").mkdir()
    Image.fromarray(astronaut[:300]).save(tmp_path / "kodak" / "one.png")
    for number in range(FACES + 2):
        person = tmp_path / "faces" / "lfw" / f"Person_{number:02}"
        person.mkdir(parents=True)
        for photo in (1, 2):
            Image.fromarray(astronaut[20:250, 100:340]).save(person / f"{photo}.jpg")
    return tmp_path


@pytest.mark.weights
def test_scenes_are_cut_at_their_own_size_and_faces_at_six_degrees(photos, astronaut):
    found = list(windows(photos))

    scenes = [window for window in found if window.kind == "scene"]
    faces = [window for window in found if window.kind == "face"]
    assert len(scenes) == PER_PICTURE * (len(SKIMAGE) + 1)
    assert {window.levels.shape for window in scenes} == {(256, 256, 3)}
    assert len(faces) == FACES
    assert {window.levels.shape for window in faces} == {(443, 443, 3)}
    assert len({window.name for window in scenes}) == len(scenes)
    first = scenes[0].levels
    views = np.lib.stride_tricks.sliding_window_view(astronaut, first.shape)[:, :, 0]
    assert (views[:, :, 0, 0] == first[0, 0]).all(axis=-1).any()


@pytest.mark.weights
def test_they_are_always_the_same(photos):
    one, other = list(windows(photos)), list(windows(photos))

    assert all(np.array_equal(a.levels, b.levels) for a, b in zip(one, other, strict=True))


def test_without_the_data_its_place_is_named(tmp_path):
    with pytest.raises(PhotoError, match=r"must hold kodak/\*.png, got none; set SUBLIMEN_DATA"):
        list(windows(tmp_path))
