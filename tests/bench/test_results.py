import sys

import pytest

from sublimen.bench.results import results, writable
from sublimen.errors import MissingExtraError, OutputError
from sublimen.visibility import METERS


@pytest.fixture(autouse=True)
def every_program_is_there(monkeypatch):
    for meter in METERS.values():
        monkeypatch.setattr(meter, "check", lambda _self: None)


def test_the_folder_is_made(tmp_path):
    with results(tmp_path / "new" / "folder"):
        assert (tmp_path / "new" / "folder").is_dir()


def test_without_matplotlib_nothing_is_begun(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with pytest.raises(MissingExtraError, match=r"sublimen\[bench\]"), results(tmp_path / "out"):
        pytest.fail("it began")

    assert not (tmp_path / "out").exists()


def test_without_a_meters_program_nothing_is_begun(tmp_path, monkeypatch):
    def missing(_self):
        raise MissingExtraError("its program is not installed")

    monkeypatch.setattr(METERS["cvvdp"], "check", missing)

    with pytest.raises(MissingExtraError, match="not installed"), results(tmp_path / "out"):
        pytest.fail("it began")

    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(OutputError, match="must be writable"), results(tmp_path / "file"):
        pytest.fail("it began")


def test_a_full_disk_is_one_sentence(tmp_path):
    with pytest.raises(OutputError, match="No space left"), results(tmp_path):
        raise OSError(28, "No space left on device")


def test_what_only_writes_needs_no_meter(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with writable(tmp_path / "out"):
        assert (tmp_path / "out").is_dir()
    with pytest.raises(OutputError, match="must be writable"), writable(tmp_path):
        raise OSError(28, "No space left on device")
