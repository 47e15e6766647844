import numpy as np
import pytest
from PIL import Image

from sublimen.errors import OutputError, PhotoError
from sublimen.imaging.colourmaps import ANCHORS
from sublimen.photo import heat_map as module
from sublimen.photo.heat_map import heat_map, write_heat_map
from sublimen.visibility.displays import DISPLAYS

FHD = DISPLAYS["standard_fhd"]


@pytest.fixture
def pair(astronaut):
    original = np.ascontiguousarray(astronaut[:200, :220])
    changed = original.copy()
    changed[80:110, 100:140] ^= 16
    return original, changed


def test_it_is_high_where_the_change_is_and_nothing_elsewhere(pair):
    found = heat_map(*pair, FHD)

    assert found[85:105, 105:135].min() > 1
    assert found[:40].max() == found[:, :50].max() == 0


def test_strips_give_the_map_of_the_whole(pair, monkeypatch):
    whole = heat_map(*pair, FHD)
    monkeypatch.setattr(module, "ROWS", 37)

    np.testing.assert_allclose(heat_map(*pair, FHD), whole, atol=1e-3)


def test_its_colours_are_on_a_fixed_scale(pair, make, tmp_path):
    paths = make(pair[0], "a.png"), make(pair[1], "b.png")
    write_heat_map(*paths, tmp_path / "map.png", display="standard_fhd")

    picture = np.asarray(Image.open(tmp_path / "map.png"))

    assert picture.shape == pair[0].shape
    assert tuple(picture[0, 0]) == tuple(ANCHORS[0])
    assert picture[95, 120].sum() > picture[0, 0].sum() + 150


def test_it_is_not_written_over_a_file_or_over_the_photo(pair, make):
    a, b = make(pair[0], "a.png"), make(pair[1], "b.png")
    before = b.read_bytes()

    with pytest.raises(OutputError, match="must not exist"):
        write_heat_map(a, b, b, display="standard_fhd")
    with pytest.raises(PhotoError):
        write_heat_map(a, a.with_name("none.png"), a.with_name("m.png"), display="standard_fhd")

    assert b.read_bytes() == before
    assert not a.with_name("m.png").exists()
