"""A portrait that anybody may use, to try things on."""

from pathlib import Path
from typing import Final

from PIL import Image

from sublimen.checks import need
from sublimen.errors import OutputError

HEAD: Final = (slice(0, 320), slice(64, 384))
"""Rows and columns of the portrait without the badges on the suit."""


def write_portrait(folder: Path, *, force: bool = False) -> Path:
    """Write head and shoulders of the astronaut Eileen Collins (NASA, public domain) as PNG.

    The picture comes with scikit-image.

    Raises:
        MissingExtraError: If scikit-image is not installed.
        OutputError: If the file is there already or cannot be written.
    """
    data = need("skimage.data", extra="demo")
    path = folder / "portrait.png"
    if path.exists() and not force:
        raise OutputError(f"{path} must not exist yet; choose another folder or add --force")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(data.astronaut()[HEAD]).save(path)
    except OSError as error:
        raise OutputError(f"{path} must be writable, got: {error.strerror}") from error
    return path
