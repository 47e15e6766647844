"""The people of the frontier: one photo of each to protect, and others to be compared with."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TypeAlias, final

import numpy as np

from sublimen.errors import PhotoError
from sublimen.photo.faces import find_faces
from sublimen.photo.file import open_photo
from sublimen.recognisers.face import Face, middle_face
from sublimen.types import PhotoLevels

LFW: Final = Path("faces", "lfw")
"""Where the photos lie in the evaluation data, a folder for each person."""

UNCROPPED: Final = Path("faces", "azure_family")
"""Where stock photos lie that nobody cut to size."""

Shown: TypeAlias = tuple[PhotoLevels, Face]
"""A photo, and the face in it that counts."""


@final
@dataclass(frozen=True, kw_only=True)
class Subject:
    """A person.

    Args:
        number: Place of the person's folder, or of the uncropped photo, in alphabetical order;
            rows hold no names.
        path: The photo that is protected.
        levels: That photo.
        face: The only face in it.
        others: Other photos of the person, each with the face nearest to its middle.
    """

    number: int
    path: Path
    levels: PhotoLevels
    face: Face
    others: tuple[Shown, ...]


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
    folder, people = data / LFW, _people(data)
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


def strangers(data: Path, *, count: int, without: int, seed: int) -> tuple[Shown, ...]:
    """Photos of other people, those whom the seed draws last.

    Args:
        data: Folder of the evaluation data.
        count: How many people, one photo of each.
        without: Number of the person who is left out.
        seed: Of the order.

    Raises:
        PhotoError: If there are too few people, or a photo cannot be read.
        MissingExtraError: If dlib is not installed.
    """
    found: list[Shown] = []
    people = _people(data)
    for number in np.random.default_rng(seed).permutation(len(people)).tolist()[::-1]:
        if len(found) == count:
            break
        if number != without:
            photos = (open_photo(path).levels for path in sorted(people[number].iterdir()))
            seen = ((levels, find_faces(levels, ())) for levels in photos)
            alone = ((levels, faces[0]) for levels, faces in seen if len(faces) == 1)
            found += islice(alone, 1)
    if len(found) < count:
        raise PhotoError(f"{data / LFW} must hold {count} other people, got {len(found)}")
    return tuple(found)


def uncropped(data: Path, *, count: int) -> Iterator[Subject]:
    """Stock photos with exactly one face, each to be compared with itself as it came.

    The same picture under another name does not count.

    Args:
        data: Folder of the evaluation data.
        count: How many photos.

    Raises:
        PhotoError: If there are too few, or one cannot be read.
        MissingExtraError: If dlib is not installed.
    """
    folder, seen = data / UNCROPPED, set[bytes]()
    for number, path in enumerate(sorted(folder.iterdir()) if folder.is_dir() else ()):
        if len(seen) == count:
            return
        levels = open_photo(path).levels
        faces = find_faces(levels, ())
        if len(faces) == 1 and levels.tobytes() not in seen:
            seen.add(levels.tobytes())
            others = ((levels, faces[0]),)
            yield Subject(number=number, path=path, levels=levels, face=faces[0], others=others)
    if len(seen) < count:
        raise PhotoError(f"{folder} must hold {count} photos with one face, got {len(seen)}")


def _people(data: Path) -> list[Path]:
    """The folders of all people, in alphabetical order."""
    folder = data / LFW
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


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
