"""Windows of many pictures, as a viewer sees them, for calibrating meters of visibility."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

import numpy as np

from sublimen.checks import need
from sublimen.errors import PhotoError
from sublimen.imaging.levels import from_bytes, to_bytes
from sublimen.imaging.resampling import shown
from sublimen.photo.file import open_photo
from sublimen.recognisers.detection import detect
from sublimen.types import ColourLevels
from sublimen.visibility.displays import DISPLAYS
from sublimen.visibility.views import SIDE, face_place

SKIMAGE: Final = ("astronaut", "chelsea", "coffee", "rocket", "retina", "immunohistochemistry")
"""Colour pictures in the package of scikit-image."""

PER_PICTURE: Final = 2
"""Windows of each picture at 1:1."""

FACES: Final = 12
"""Windows of faces: of the first identities in alphabetical order, their first photo."""


@final
@dataclass(frozen=True)
class Window:
    """A part of a picture in shown pixels.

    Args:
        name: Where it is from.
        kind: `scene` at 1:1, or `face` with the face at 6 degrees.
        levels: What is seen.
    """

    name: str
    kind: str
    levels: ColourLevels


def windows(data: Path) -> list[Window]:
    """All windows of the study, always the same.

    Args:
        data: Folder with `kodak` and `faces/lfw`.

    Raises:
        PhotoError: If the photos are not there.
        MissingExtraError: If scikit-image or dlib is not installed.
    """
    places, portraits = paths(data, "kodak/*.png"), paths(data, "faces/lfw/*/*.jpg")
    pictures = need("skimage.data", extra="bench")
    found: list[Window] = []
    for name in SKIMAGE:
        found += scenes(name, getattr(pictures, name)())
    for path in places:
        found += scenes(path.stem, open_photo(path).levels)
    people = sorted({path.parent for path in portraits})
    return found + [_face(min(person.glob("*.jpg"))) for person in people[:FACES]]


def paths(data: Path, pattern: str) -> list[Path]:
    """Files of the evaluation data, at least one.

    Raises:
        PhotoError: If there is none.
    """
    found = sorted(data.glob(pattern))
    if not found:
        raise PhotoError(
            f"{data} must hold {pattern}, got none; set SUBLIMEN_DATA to the evaluation data"
        )
    return found


def scenes(name: str, levels: ColourLevels, count: int = PER_PICTURE) -> Iterator[Window]:
    """Windows at 1:1 from places that depend on the picture's name alone."""
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    height, width = levels.shape[:2]
    for number in range(count):
        y, x = (int(generator.integers(size - SIDE + 1)) for size in (height, width))
        part = np.ascontiguousarray(levels[y : y + SIDE, x : x + SIDE])
        yield Window(f"{name}-{number}", "scene", part)


def _face(path: Path) -> Window:
    levels = open_photo(path).levels
    face = max(detect(levels), key=lambda f: f.box.width)
    place = face_place(face, DISPLAYS["standard_fhd"].pixels_per_degree)
    part = shown(from_bytes(levels), place.scale, place.view)
    return Window(path.stem, "face", to_bytes(part))
