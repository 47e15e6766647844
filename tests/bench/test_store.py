import pytest

from sublimen.bench import store
from sublimen.errors import PhotoError

COLUMNS = ("name", "value")


def test_lines_come_back_in_order_under_one_head(tmp_path):
    path = tmp_path / "new" / "rows.csv"

    store.append(path, COLUMNS, [("one", "1")])
    store.append(path, COLUMNS, iter([("two", "2"), ("three", "3")]))

    assert path.read_text() == "name,value\none,1\ntwo,2\nthree,3\n"
    assert [line["value"] for line in store.read(path, COLUMNS)] == ["1", "2", "3"]


def test_a_file_that_is_not_there_has_no_lines(tmp_path):
    assert store.read(tmp_path / "rows.csv", COLUMNS) == []


def test_other_columns_are_refused(tmp_path):
    (tmp_path / "rows.csv").write_text("name,size\none,1\n")

    with pytest.raises(PhotoError, match="must have the columns name, value"):
        store.read(tmp_path / "rows.csv", COLUMNS)
