"""How one photo file differs from another."""

from pathlib import Path

from sublimen.catalogue import look_up
from sublimen.checks import positive
from sublimen.errors import PhotoError
from sublimen.jnd import JND_MODELS
from sublimen.photo.allowance import jnd_levels
from sublimen.photo.file import open_photo
from sublimen.photo.quality import compare
from sublimen.photo.result import Quality


def measure_files(reference: Path, distorted: Path, *, jnd: str, map_limit: float) -> Quality:
    """Compare two photo files as they are read.

    Args:
        reference: The original, on which the JND map is computed.
        distorted: The changed photo.
        jnd: Name of the JND model.
        map_limit: How many times the map a sample may differ before it counts as beyond.

    Raises:
        PhotoError: If a file cannot be read, or they differ in size or in having colour.
        UnknownNameError: If there is no such JND model.
    """
    positive(map_limit=map_limit)
    model = look_up(JND_MODELS, jnd, kind="JND model")()
    original, changed = open_photo(reference).levels, open_photo(distorted).levels
    if original.shape != changed.shape:
        raise PhotoError(
            f"both photos must have the same size and channels, got {_shape(original.shape)} "
            f"and {_shape(changed.shape)}; enlarge or convert one of them"
        )
    return compare(original, changed, jnd_levels(original, model), map_limit)


def _shape(shape: tuple[int, ...]) -> str:
    height, width, channels = shape
    return f"{width} x {height} {'grey' if channels == 1 else 'colour'}"
