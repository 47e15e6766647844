"""The people of the frontier: one photo of each to protect, and others to be compared with."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

import numpy as np

from sublimen.errors import PhotoError
from sublimen.photo.faces import find_faces
from sublimen.photo.file import open_photo
from sublimen.recognisers.face import Face, middle_face
from sublimen.types import PhotoLevels

LFW: Final = Path("faces", "lfw")
"""Where the photos lie in the evaluation data, a folder for each person."""


@final
@dataclass(frozen=True, kw_only=True)
class Subject:
    """A person.

    Args:
        number: Place of the person's folder in alphabetical order; rows hold no names.
        path: The photo that is protected.
        levels: That photo.
        face: The only face in it.
        others: Other photos of the person, each with the face nearest to its middle.
    """

    number: int
    path: Path
    levels: PhotoLevels
    face: Face
    others: tuple[tuple[PhotoLevels, Face], ...]


def subjects(data: Path, *, count: int, others: int, seed: int) -> Iterator[Subject]:
    """People drawn by a seed.

    Of each person the first photo with exactly one face is protected, and the first others with a
    face are those to be compared with; who has too few of them is left out.

    Args:
        data: Folder of the evaluation data.
        count: How many people.
        others: Other photos of each.
        seed: Of the order in which people are drawn.

    Raises:
        PhotoError: If there are too few people with enough photos, or a photo cannot be read.
        MissingExtraError: If dlib is not installed.
    """
    folder = data / LFW
    people = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    found = 0
    for number in np.random.default_rng(seed).permutation(len(people)).tolist():
        if found == count:
            return
        subject = _subject(number, people[number], others)
        if subject is not None:
            found += 1
            yield subject
    if found < count:
        raise PhotoError(f"{folder} must hold {count} people with {others + 1} photos, got {found}")


def _subject(number: int, folder: Path, others: int) -> Subject | None:
    """A person with enough photos, or `None`."""
    chosen: tuple[Path, PhotoLevels, Face] | None = None
    known: list[tuple[PhotoLevels, Face]] = []
    for path in sorted(folder.iterdir()):
        levels = open_photo(path).levels
        faces = find_faces(levels, ())
        if chosen is None and len(faces) == 1:
            chosen = path, levels, faces[0]
        elif len(known) < others and (middle := middle_face(faces, *levels.shape[:2])):
            known.append((levels, middle))
        if chosen is not None and len(known) == others:
            place, photo, face = chosen
            return Subject(number=number, path=place, levels=photo, face=face, others=tuple(known))
    return None
