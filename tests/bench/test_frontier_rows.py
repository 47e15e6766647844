from dataclasses import replace

import pytest

from sublimen.bench.frontier_rows import COLUMNS, append, read
from sublimen.errors import PhotoError
from tests.bench.made_people import ROW

UNIT = [ROW, replace(ROW, version="half", found=False, psnr=float("inf"))]
NEXT = [replace(row, identity=5, matches="000") for row in UNIT]
LENGTHS = {ROW.roles: 2}


@pytest.fixture
def path(tmp_path):
    append(tmp_path / "rows.csv", UNIT)
    append(tmp_path / "rows.csv", NEXT)
    return tmp_path / "rows.csv"


def test_rows_are_read_as_they_were_written(path, tmp_path):
    assert read(path, LENGTHS) == [*UNIT, *NEXT]
    assert read(tmp_path / "none.csv", LENGTHS) == []
    assert path.read_text("utf-8").splitlines()[0] == ",".join(COLUMNS)


@pytest.mark.parametrize("cut", [1, 2, 30, 75, 120])
def test_what_a_kill_has_left_of_a_unit_is_dropped(path, cut):
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])

    assert read(path, LENGTHS) == UNIT
    append(path, NEXT)
    assert path.read_bytes() == whole


def test_half_a_head_is_nothing(path):
    path.write_bytes(path.read_bytes()[:10])

    assert read(path, LENGTHS) == []
    append(path, UNIT)
    assert read(path, LENGTHS) == UNIT


def test_other_files_are_refused(path):
    path.write_text("who,what\n1,2\n")

    with pytest.raises(PhotoError, match="must have the columns identity, arm"):
        read(path, LENGTHS)
