"""Files that are put in place once they are whole."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from sublimen.errors import OutputError


def write_atomically(
    target: Path,
    data: bytes,
    *,
    force: bool,
    check: Callable[[bytes], None] = lambda _written: None,
    private: bool = False,
) -> None:
    """Put a file in place once it is whole; nothing is left behind if that fails.

    Args:
        target: The file.
        data: What it will hold.
        force: Overwrite a file that is there.
        check: Given what the temporary file holds as read back; what it raises ends the writing.
        private: Whether only its owner may read the file.

    Raises:
        OutputError: If the file is there already or cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=target.suffix)
    except OSError as error:
        raise OutputError(f"{target} must be writable, got: {error.strerror}") from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        check(temporary.read_bytes())
        if not private:
            temporary.chmod(0o666 & ~_umask())
        _put(temporary, target, force=force)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"{target} must be writable, got: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _put(temporary: Path, target: Path, *, force: bool) -> None:
    if force:
        temporary.replace(target)
        return
    try:
        os.link(temporary, target)
    except FileExistsError as error:
        raise OutputError(
            f"{target} must not exist yet; name another file or add --force"
        ) from error
    except OSError:
        # Some file systems know no links; the place was free when the work began.
        if target.exists():
            raise
        temporary.replace(target)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
