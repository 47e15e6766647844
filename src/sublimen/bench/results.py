"""Where the results of a study go, and what it needs before it begins."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sublimen.checks import need
from sublimen.errors import OutputError
from sublimen.visibility import METERS


@contextmanager
def results(output: Path) -> Iterator[None]:
    """Around a study by all meters: its folder is made, and what cannot be written is said.

    Args:
        output: Folder to write to.

    Raises:
        MissingExtraError: If a meter's program or matplotlib is not installed.
        OutputError: If the results cannot be written.
    """
    need("matplotlib", extra="bench")
    for meter in METERS.values():
        meter().check()
    with writable(output):
        yield


@contextmanager
def writable(output: Path) -> Iterator[None]:
    """Around what writes to a folder: it is made, and what cannot be written is said.

    Args:
        output: Folder to write to.

    Raises:
        OutputError: If something cannot be written.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise OutputError(f"{output} must be writable, got: {error.strerror}") from error
