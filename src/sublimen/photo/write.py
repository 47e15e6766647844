"""Writing results: whole or not at all, never over the original."""

import os
from pathlib import Path
from typing import Final

import numpy as np

from sublimen.errors import OutputError
from sublimen.photo.encoding import Codec
from sublimen.photo.file import decode
from sublimen.photo.leaks import leaks
from sublimen.types import PhotoLevels
from sublimen.whole_file import write_atomically

SUFFIX: Final = ".protected"
"""What is put before the ending of a protected photo."""


def output_path(source: Path, output: Path | None) -> Path:
    """Where the result of a photo goes.

    Args:
        source: The photo.
        output: File or folder; beside the photo if not given. What exists as a folder, or has no
            ending, is a folder.

    Example:
        >>> output_path(Path("holiday/me.jpg"), None).as_posix()
        'holiday/me.protected.jpg'
        >>> output_path(Path("me.jpg"), Path("results")).as_posix()
        'results/me.protected.jpg'
    """
    name = f"{source.stem}{SUFFIX}{source.suffix}"
    if output is None:
        return source.with_name(name)
    if output.is_dir() or not output.suffix:
        return output / name
    return output


def check_target(source: Path, target: Path, *, force: bool) -> None:
    """Refuse a place where nothing may be written, before any work is done.

    Raises:
        OutputError: If the target is the original, is there already, or its folder cannot be
            made or written to.
    """
    if target.exists():
        if source.exists() and target.samefile(source):
            raise OutputError(f"{target} must not be the original; name another file")
        if target.is_dir():
            raise OutputError(f"{target} must be a file, got a folder")
        if not force:
            raise OutputError(f"{target} must not exist yet; name another file or add --force")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{target.parent} must be a folder, got: {error.strerror}") from error
    if not os.access(target.parent, os.W_OK):
        raise OutputError(f"{target.parent} must be a folder that can be written to")


def save_photo(
    codec: Codec,
    levels: PhotoLevels,
    *,
    force: bool = False,
    keep_metadata: bool = False,
    keep_location: bool = False,
) -> PhotoLevels:
    """Write a photo, read it back and check it before it is put in place.

    Args:
        codec: The original, how it is encoded, and the file to write.
        levels: The photo's new levels.
        force: Overwrite a file that is there.
        keep_metadata: Keep everything that the original says of itself but copies and the place.
        keep_location: Keep the place.

    Returns:
        The levels of the file as read back.

    Raises:
        OutputError: If it cannot be written, or would not hold what it should.
    """
    metadata = codec.photo.metadata.to_pass_on(keep=keep_metadata, keep_location=keep_location)
    data = codec.encode(levels, metadata)
    saved: list[PhotoLevels] = []

    def check(written: bytes) -> None:
        saved.append(_check(codec, levels, written))

    write_atomically(codec.target, data, force=force, check=check)
    return saved[0]


def _check(codec: Codec, levels: PhotoLevels, data: bytes) -> PhotoLevels:
    """Refuse a file that holds less, or more, than it should."""
    found = leaks(data)
    if found:
        raise OutputError(
            f"{codec.target} must not hold a copy of the original, got: {', '.join(found)}; "
            "leave out --keep-metadata"
        )
    saved, alpha = decode(data, grey=codec.photo.grey)
    faithful = not codec.lossless or np.array_equal(saved, levels)
    before = codec.photo.alpha
    same_alpha = (alpha is None) == (before is None) and (
        alpha is None or before is None or np.array_equal(alpha, before)
    )
    if saved.shape != levels.shape or not faithful or not (same_alpha or codec.format == "HEIF"):
        raise OutputError(f"{codec.target} must read back as it was written, got another picture")
    return saved
