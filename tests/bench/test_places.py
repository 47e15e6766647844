import pytest

from sublimen.bench.places import evaluation_data
from sublimen.errors import PhotoError


def test_the_variable_names_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SUBLIMEN_DATA", str(tmp_path))

    assert evaluation_data() == tmp_path


def test_a_folder_that_is_not_there_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("SUBLIMEN_DATA", str(tmp_path / "none"))

    with pytest.raises(PhotoError, match="set SUBLIMEN_DATA or give --data"):
        evaluation_data()
