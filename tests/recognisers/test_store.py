import sys

import pytest
import torch
from safetensors.torch import save_file

from sublimen.errors import MissingExtraError, OutputError, WeightsError
from sublimen.recognisers import store

NAME = "mobilefacenet"
TENSORS = {"a.weight": torch.arange(6.0).view(2, 3)}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SUBLIMEN_WEIGHTS", str(tmp_path / "weights"))
    return tmp_path / "weights"


def test_what_is_written_is_read_again(folder):
    assert not store.installed(NAME)

    path = store.write(NAME, TENSORS)

    assert path == folder / "mobilefacenet.safetensors"
    assert list(folder.iterdir()) == [path]
    assert store.installed(NAME)
    assert torch.equal(store.read(NAME)["a.weight"], TENSORS["a.weight"])


@pytest.mark.usefixtures("folder")
def test_tensors_may_lie_in_memory_in_any_order():
    store.write(NAME, {"turned": TENSORS["a.weight"].T})

    assert store.read(NAME)["turned"].tolist() == [[0, 3], [1, 4], [2, 5]]


def test_without_a_folder_of_ones_own_the_cache_is_used(monkeypatch):
    platformdirs = pytest.importorskip("platformdirs", reason="the extra weights brings it")
    monkeypatch.delenv("SUBLIMEN_WEIGHTS", raising=False)
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_, **__: "/cache/sublimen")

    assert store.place(NAME).as_posix() == "/cache/sublimen/weights/mobilefacenet.safetensors"


@pytest.mark.usefixtures("folder")
def test_what_is_absent_is_named_with_the_command_that_brings_it():
    with pytest.raises(WeightsError, match=r"run `sublimen weights add mobilefacenet`"):
        store.read(NAME)


@pytest.mark.parametrize("content", [b"", b"\x08\0\0\0\0\0\0\0{}      and more"])
def test_damaged_files_are_refused(folder, content):
    folder.mkdir()
    (folder / f"{NAME}.safetensors").write_bytes(content)

    with pytest.raises(WeightsError, match="must be a safetensors file"):
        store.read(NAME)


@pytest.mark.parametrize("metadata", [None, {}, {"source": "0" * 64}])
def test_files_made_from_others_are_refused(folder, metadata):
    folder.mkdir()
    save_file(TENSORS, folder / f"{NAME}.safetensors", metadata=metadata)

    with pytest.raises(WeightsError, match="made from the files of mobilefacenet, got others"):
        store.read(NAME)


def test_a_write_that_fails_leaves_the_old_file(folder, monkeypatch):
    path = store.write(NAME, TENSORS)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "save_file", full)
    with pytest.raises(OutputError, match="No space left"):
        store.write(NAME, {"b": torch.ones(1)})

    assert list(folder.iterdir()) == [path]
    assert list(store.read(NAME)) == ["a.weight"]


def test_a_folder_that_cannot_be_made_is_a_sentence(folder):
    folder.write_text("a file")

    with pytest.raises(OutputError, match="SUBLIMEN_WEIGHTS"):
        store.write(NAME, TENSORS)


def test_without_the_package_that_knows_the_cache_nothing_is_installed(monkeypatch):
    monkeypatch.delenv("SUBLIMEN_WEIGHTS", raising=False)
    monkeypatch.setitem(sys.modules, "platformdirs", None)

    assert not store.installed(NAME)
    with pytest.raises(MissingExtraError, match=r"sublimen\[weights\]"):
        store.place(NAME)
