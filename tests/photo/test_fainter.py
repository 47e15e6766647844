import numpy as np
import pytest

from sublimen.photo.craft import Crafted
from sublimen.photo.encoding import Codec
from sublimen.photo.fainter import NEAR, PROBES, fainter
from sublimen.photo.file import open_photo
from sublimen.photo.sitting import Sitting


@pytest.fixture
def crafted(portrait):
    levels = np.clip(portrait.astype(int) + 20, 0, 255).astype(np.uint8)
    return Crafted(levels=levels, saved=levels, looks=(), tries=())


def mean_change(original, changed):
    return float(np.abs(changed.astype(int) - original).mean())


@pytest.fixture
def run(portrait, crafted, make, tmp_path):
    def shrink(limit, ending=".png", seen=mean_change):
        path = make(portrait, f"photo{ending}")
        photo = open_photo(path)
        codec = Codec(photo, tmp_path / f"out{ending}")
        sitting = Sitting.of(photo.levels, [], ())
        return fainter(crafted, sitting, codec, seen, limit=limit)

    return shrink


def test_what_is_faint_enough_stays_as_it_is(run, crafted):
    assert run(30.0) is crafted


def test_the_largest_share_that_is_allowed_is_kept(run, portrait):
    result = run(10.0)

    assert 9 < mean_change(portrait, result.saved) <= 10
    assert np.array_equal(result.levels, result.saved)


def test_the_saved_file_is_what_is_looked_at(run):
    looked = []

    def seen(original, changed):
        looked.append(changed)
        return mean_change(original, changed)

    result = run(8.0, ".jpg", seen)

    assert any(np.array_equal(result.saved, changed) for changed in looked)
    assert not np.array_equal(result.levels, result.saved)


def test_where_saving_alone_is_too_visible_nothing_is_changed(run, portrait):
    result = run(0.01, ".jpg")

    # The photo as it was read from its JPEG, not changed any further.
    assert mean_change(portrait, result.levels) < 5
    assert mean_change(portrait, result.saved) > 0.01


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_few_looks_suffice_however_a_reading_grows(run, portrait, power):
    looked = []

    def seen(original, changed):
        looked.append(changed)
        return mean_change(original, changed) ** power

    limit = 13.0**power
    result = run(limit, seen=seen)

    assert result.share == pytest.approx(13 / 20, abs=0.06)
    assert len(looked) <= 1 + PROBES
    assert NEAR * limit <= seen(portrait, result.saved) <= limit
