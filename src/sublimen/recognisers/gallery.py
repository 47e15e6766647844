"""Photos of people in folders, as aligned faces that a recogniser takes.

A gallery folder holds one folder a person, called as the person is, with photos in it; this is
how Labeled Faces in the Wild comes. Nothing is written and nothing is kept but what is returned.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, final

import numpy as np
import torch
from PIL import Image, ImageOps

from sublimen.checks import at_least
from sublimen.errors import PhotoError
from sublimen.imaging.levels import from_bytes, to_levels
from sublimen.imaging.resampling import View, shown
from sublimen.recognisers.alignment import SIDE, Alignment, chip
from sublimen.recognisers.detection import detect
from sublimen.recognisers.face import Face, middle_face
from sublimen.types import Chips, ColourLevels, Labels, Reached

SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
"""Endings of the files that are taken for photos."""

DAMAGE: Final = (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError)
"""What Pillow raises on files that are no pictures, or damaged ones."""


@final
@dataclass(frozen=True, kw_only=True)
class GalleryChips:
    """Aligned faces and whose they are.

    Args:
        chips: Faces in 8-bit levels, those of a person next to each other.
        people: For each face the place of its person in `names`.
        names: Names of the people, in alphabetical order.
        paths: For each face the photo it comes from.
        missed: Photos in which no face was found; they are left out.
    """

    chips: Chips
    people: Labels
    names: tuple[str, ...]
    paths: tuple[Path, ...]
    missed: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        counts = (len(self.chips), len(self.people), len(self.paths))
        if len(set(counts)) > 1:
            raise PhotoError(f"chips, people and paths must be as many as each other, got {counts}")

    def counts(self) -> Labels:
        """How many faces each person has."""
        return self.people.bincount(minlength=len(self.names))

    def last(self, faces: int) -> Reached:
        """Whether each face is among the last ones of its person.

        Args:
            faces: How many of each person are the last ones, at least 1.
        """
        at_least(1, faces=faces)
        later = (self.people[:, None] == self.people).triu(diagonal=1).sum(dim=1)
        return later < faces

    def split(self, faces: int) -> tuple["GalleryChips", "GalleryChips"]:
        """The gallery without the last faces of each person, and those faces.

        Args:
            faces: How many of each person go to the second part, at least 1.
        """
        apart = self.last(faces)
        return self._chosen(~apart), self._chosen(apart)

    def _chosen(self, chosen: Reached) -> "GalleryChips":
        rows = chosen.nonzero().flatten()
        return replace(
            self,
            chips=self.chips[rows],
            people=self.people[rows],
            paths=tuple(self.paths[row] for row in rows.tolist()),
        )


@final
@dataclass(frozen=True, kw_only=True)
class GalleryPhoto:
    """A photo of a gallery, opened.

    Args:
        person: Place of its person among the people in alphabetical order.
        path: Where it is.
        levels: The photo upright, in colour.
        face: The face nearest to its middle; `None` if no face was found.
    """

    person: int
    path: Path
    levels: ColourLevels
    face: Face | None


def gallery_photos(folder: Path, *, most: int | None = None) -> Iterator[GalleryPhoto]:
    """The photos of all people in a gallery folder, one after the other.

    Args:
        folder: One folder a person.
        most: Photos of each person that are looked at, in alphabetical order; `None` for all.

    Raises:
        PhotoError: If the folder holds nobody, or a photo cannot be read.
        MissingExtraError: If dlib or its weights are not installed.
    """
    for person, name in enumerate(_people(folder)):
        for path in list(_photos(folder / name))[:most]:
            levels = _levels(path)
            yield GalleryPhoto(person=person, path=path, levels=levels, face=_middle_face(levels))


def gallery_chips(folder: Path, *, side: int = SIDE, most: int | None = None) -> GalleryChips:
    """The faces of all people in a gallery folder, aligned as dlib does it.

    In each photo the face nearest to its middle counts, as in Labeled Faces in the Wild. Chips are
    rounded to 8-bit levels, as if they had been saved.

    Args:
        folder: One folder a person.
        side: Height and width of the chips in pixels, at least 1; other sizes than 150 are
            resampled from it.
        most: Photos of each person that are looked at, in alphabetical order; `None` for all.

    Raises:
        PhotoError: If the folder holds nobody, or a photo cannot be read.
        MissingExtraError: If dlib or its weights are not installed.

    References:
        Huang, Ramesh, Berg, Learned-Miller, "Labeled Faces in the Wild", UMass Amherst 07-49,
        2007: the layout of the folder, and the face in the middle.
    """
    at_least(1, side=side, most=1 if most is None else most)
    names = _people(folder)
    chips, people, paths, missed = [], [], [], []
    for photo in gallery_photos(folder, most=most):
        if photo.face is None:
            missed.append(photo.path)
            continue
        chips.append(_chip(photo.levels, photo.face, side))
        people.append(photo.person)
        paths.append(photo.path)
    if not chips:
        raise PhotoError(f"{folder} must hold photos with faces, got {len(missed)} without one")
    return GalleryChips(
        chips=torch.cat(chips),
        people=torch.tensor(people),
        names=names,
        paths=tuple(paths),
        missed=tuple(missed),
    )


def _people(folder: Path) -> tuple[str, ...]:
    if not folder.is_dir():
        raise PhotoError(f"gallery must be a folder, got {folder}; check the path")
    names = tuple(sorted(path.name for path in folder.iterdir() if any(_photos(path))))
    if not names:
        raise PhotoError(f"{folder} must hold one folder with photos for each person, got none")
    return names


def _photos(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES)


def _middle_face(levels: ColourLevels) -> Face | None:
    return middle_face(detect(levels), *levels.shape[:2])


def _chip(levels: ColourLevels, face: Face, side: int) -> Chips:
    aligned = chip(from_bytes(levels), Alignment.of(face))
    if side != SIDE:
        aligned = shown(aligned, side / SIDE, View(0, 0, side, side))
    return to_levels(aligned)


def _levels(path: Path) -> ColourLevels:
    """The photo upright, in colour."""
    try:
        with Image.open(path) as picture:
            return np.array(ImageOps.exif_transpose(picture).convert("RGB"))
    except DAMAGE as error:
        raise PhotoError(
            f"{path} must be a photo that can be read, got a damaged file or another; "
            "take it out of the gallery"
        ) from error
