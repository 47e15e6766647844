"""Weights that were converted once, in the user's cache."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from sublimen.checks import need
from sublimen.errors import MissingExtraError, OutputError, WeightsError
from sublimen.recognisers.sources import SOURCES

VARIABLE: Final = "SUBLIMEN_WEIGHTS"
"""Names another folder than the user's cache."""

KEY: Final = "source"
"""Under which a file of the store holds the digests of what it was made from."""


def place(name: str) -> Path:
    """Where the weights called `name` are, or would be.

    Args:
        name: One of `SOURCES`.

    Raises:
        MissingExtraError: If the package that knows the user's cache is not installed.
    """
    folder = os.environ.get(VARIABLE)
    if folder:
        return Path(folder).expanduser() / f"{name}.safetensors"
    cache = need("platformdirs", extra="weights").user_cache_dir("sublimen", appauthor=False)
    return Path(cache) / "weights" / f"{name}.safetensors"


def installed(name: str) -> bool:
    """Whether the store has a file for `name`; it is checked when it is read."""
    try:
        return place(name).is_file()
    except MissingExtraError:
        return False


def read(name: str) -> dict[str, Tensor]:
    """The tensors called `name`.

    Args:
        name: One of `SOURCES`.

    Raises:
        MissingExtraError: If the package that knows the user's cache is not installed.
        WeightsError: If they are not there, damaged, or made from other files than they should.
    """
    path = place(name)
    remedy = f"run `sublimen weights add {name}`"
    if not path.is_file():
        raise WeightsError(f"weights of {name} must be installed, got no {path}; {remedy}")
    try:
        with safe_open(path, "pt") as file:
            found = (file.metadata() or {}).get(KEY)
        tensors: dict[str, Tensor] = load_file(path)
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{path} must be a safetensors file, got {error}; {remedy}") from error
    if found != SOURCES[name].digest:
        raise WeightsError(f"{path} must be made from the files of {name}, got others; {remedy}")
    return tensors


def write(name: str, tensors: Mapping[str, Tensor]) -> Path:
    """Keep tensors; a file that was there is replaced in one step.

    Args:
        name: One of `SOURCES`.
        tensors: What was made from its files.

    Raises:
        MissingExtraError: If the package that knows the user's cache is not installed.
        OutputError: If they cannot be written.
    """
    path = place(name)
    whole = {key: tensor.contiguous() for key, tensor in tensors.items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            unfinished = Path(folder) / path.name
            save_file(whole, unfinished, metadata={KEY: SOURCES[name].digest})
            unfinished.replace(path)
    except (SafetensorError, OSError) as error:
        raise OutputError(
            f"weights must be kept in {path.parent}, got {error}; set {VARIABLE} to a folder of "
            "your own"
        ) from error
    return path
