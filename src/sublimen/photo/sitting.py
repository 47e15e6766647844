"""The faces of a photo before its recognisers, and the same faces in another file."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np

from sublimen.errors import BoxError, PhotoError
from sublimen.photo.faces import find_faces, same_face
from sublimen.photo.file import open_photo
from sublimen.photo.panel import Template, Witness, distance
from sublimen.photo.region import resized_face
from sublimen.photo.result import Reading
from sublimen.recognisers.detection import at_box
from sublimen.recognisers.face import Face
from sublimen.types import PhotoLevels

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".heic", ".heif"})


@final
@dataclass(frozen=True)
class Gallery:
    """Other photos of the person, as each witness remembers them.

    Args:
        templates: One list for each witness.
        without_face: Names of the photos in which no face was found.
        owners: For each template the name of its photo; the same for all witnesses.
    """

    templates: tuple[tuple[Template, ...], ...]
    without_face: tuple[str, ...]
    owners: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, folder: Path, witnesses: Sequence[Witness], *, without: Path | None = None
    ) -> "Gallery":
        """Read every photo of a folder; all faces of a photo count.

        Args:
            folder: Where the photos are.
            witnesses: Who remembers them.
            without: A photo that is left out if it lies there.

        Raises:
            PhotoError: If the folder holds no photo, or one of them cannot be read.
        """
        if not folder.is_dir():
            raise PhotoError(f"gallery must be a folder of photos, got {folder}")
        paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
        if not paths:
            raise PhotoError(f"gallery must hold photos, got none in {folder}")
        templates: list[list[Template]] = [[] for _ in witnesses]
        without_face, owners = [], []
        for path in paths:
            if without is not None and path.samefile(without):
                continue
            levels = open_photo(path).levels
            faces = find_faces(levels, ())
            if not faces:
                without_face.append(path.name)
            owners += [path.name] * len(faces)
            for witness, known in zip(witnesses, templates, strict=True):
                known.extend(witness.embed(levels, face) for face in faces)
        return cls(tuple(map(tuple, templates)), tuple(without_face), tuple(owners))

    def nearest(self, place: int, template: Template) -> float | None:
        """Least distance of a template to what witness number `place` remembers."""
        return min(self.distances(place, template).values(), default=None)

    def distances(self, place: int, template: Template) -> dict[str, float]:
        """Least distance of a template to each photo, as witness number `place` remembers it."""
        found: dict[str, float] = {}
        for owner, known in zip(self.owners, self.templates[place], strict=True):
            found[owner] = min(found.get(owner, math.inf), distance(template, known))
        return found


@final
@dataclass(frozen=True)
class Look:
    """One face as the witnesses see it in some file.

    Args:
        face: Where it was detected there, or where it was in the original.
        found: Whether it was detected there.
        distances: Distance to the original, one for each witness.
        nearest: Least distance to the gallery, one for each witness.
        templates: What each witness sees of it there.
    """

    face: Face
    found: bool
    distances: tuple[float, ...]
    nearest: tuple[float | None, ...]
    templates: tuple[Template, ...] = ()


@final
@dataclass(frozen=True)
class Sitter:
    """One face of the original.

    Args:
        face: Where it is.
        templates: What each witness remembers of it.
        by_hand: Whether a person said where it is; then detection is not asked.
    """

    face: Face
    templates: tuple[Template, ...]
    by_hand: bool


@final
@dataclass(frozen=True)
class Sitting:
    """The faces of one photo and everybody who is asked about them."""

    levels: PhotoLevels
    sitters: tuple[Sitter, ...]
    witnesses: tuple[Witness, ...]
    gallery: Gallery | None

    @classmethod
    def of(
        cls,
        levels: PhotoLevels,
        faces: Sequence[Face],
        witnesses: tuple[Witness, ...],
        *,
        by_hand: bool = False,
        gallery: Gallery | None = None,
    ) -> "Sitting":
        """Let each witness remember each face of the original."""
        sitters = tuple(
            Sitter(face, tuple(w.embed(levels, face) for w in witnesses), by_hand) for face in faces
        )
        return cls(levels, sitters, witnesses, gallery)

    def look(self, levels: PhotoLevels) -> tuple[Look, ...]:
        """Look for the same faces in another file, by a detection of its own.

        A face that is not found any more is read where it was in the original.

        Args:
            levels: The whole photo as the file holds it, at any size.
        """
        if np.array_equal(levels, self.levels):
            return tuple(self._compare(s, s.face, s.templates, found=True) for s in self.sitters)
        sizes = self.levels.shape[:2], levels.shape[:2]
        candidates = [] if all(s.by_hand for s in self.sitters) else find_faces(levels, ())
        looks = []
        for sitter in self.sitters:
            there = resized_face(sitter.face, *sizes)
            face = _by_hand(levels, there) if sitter.by_hand else same_face(there, candidates)
            place = face or there
            templates = tuple(w.embed(levels, place) for w in self.witnesses)
            looks.append(self._compare(sitter, place, templates, found=face is not None))
        return tuple(looks)

    def reference(self, place: int, sitter: Sitter) -> Template:
        """What witness number `place` is to be led away from.

        The middle of the face and of the gallery's faces that the witness takes for the same
        person, as long as the face's own template: what the photos of a person have in common is
        a better aim than one of them.
        """
        own = sitter.templates[place]
        known = () if self.gallery is None else self.gallery.templates[place]
        threshold = self.witnesses[place].threshold
        same = [other for other in known if distance(own, other) <= threshold]
        middle = np.mean([own, *same], axis=0, dtype=own.dtype)
        aim: Template = middle * (np.linalg.norm(own) / np.linalg.norm(middle)) if same else own
        return aim

    def readings(self, before: Look, after: Look) -> tuple[Reading, ...]:
        """What each witness says of one face before and after."""
        return tuple(
            w.reading(
                (before.distances[k], after.distances[k]), (before.nearest[k], after.nearest[k])
            )
            for k, w in enumerate(self.witnesses)
        )

    def _compare(
        self, sitter: Sitter, face: Face, templates: Sequence[Template], *, found: bool
    ) -> Look:
        distances = tuple(map(distance, sitter.templates, templates))
        nearest: tuple[float | None, ...] = (None,) * len(distances)
        if self.gallery is not None:
            nearest = tuple(self.gallery.nearest(k, t) for k, t in enumerate(templates))
        return Look(face, found, distances, nearest, tuple(templates))


def _by_hand(levels: PhotoLevels, there: Face) -> Face | None:
    """The face in a box that a person gave, if it is still as large as a face."""
    try:
        return at_box(levels, there.box)
    except BoxError:
        return None
