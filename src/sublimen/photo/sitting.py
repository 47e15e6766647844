"""The faces of a photo before its recognisers, and the same faces in another file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np

from sublimen.errors import BoxError
from sublimen.photo.faces import find_faces, same_face
from sublimen.photo.gallery import Album, Gallery
from sublimen.photo.panel import Template, Witness, distance
from sublimen.photo.region import resized_face
from sublimen.photo.result import Reading
from sublimen.recognisers.detection import at_box
from sublimen.recognisers.face import Face
from sublimen.types import PhotoLevels


@final
@dataclass(frozen=True)
class Look:
    """One face as the witnesses see it in some file.

    Args:
        face: Where it was detected there, or where it was in the original.
        found: Whether it was detected there.
        distances: Distance to the original, one for each witness.
        nearest: Least distance to the other photos of each kind, one for each witness; `None` where
            there is no face in them.
        templates: What each witness sees of it there.
    """

    face: Face
    found: bool
    distances: tuple[float, ...]
    nearest: Mapping[Album, tuple[float | None, ...]] = field(default_factory=dict)
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
    """The faces of one photo and everybody who is asked about them.

    Args:
        levels: The photo.
        sitters: Its faces.
        witnesses: Who is asked.
        galleries: Other photos, by what they are for.
    """

    levels: PhotoLevels
    sitters: tuple[Sitter, ...]
    witnesses: tuple[Witness, ...]
    galleries: Mapping[Album, Gallery] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        levels: PhotoLevels,
        faces: Sequence[Face],
        witnesses: tuple[Witness, ...],
        *,
        by_hand: bool = False,
        galleries: Mapping[Album, Gallery] | None = None,
    ) -> "Sitting":
        """Let each witness remember each face of the original."""
        sitters = tuple(
            Sitter(face, tuple(w.embed(levels, face) for w in witnesses), by_hand) for face in faces
        )
        return cls(levels, sitters, witnesses, galleries or {})

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
        known = self._known("gallery", place)
        threshold = self.witnesses[place].threshold
        same = [other for other in known if distance(own, other) <= threshold]
        middle = np.mean([own, *same], axis=0, dtype=own.dtype)
        aim: Template = middle * (np.linalg.norm(own) / np.linalg.norm(middle)) if same else own
        return aim

    def away(self, place: int, sitter: Sitter) -> list[Template]:
        """Everything that witness number `place` is to be led away from, `reference` first."""
        return [self.reference(place, sitter), *self._known("apart", place)]

    def towards(self, place: int) -> list[Template]:
        """Whom witness number `place` is to take a face for; nobody if it is empty."""
        return list(self._known("towards", place))

    def _known(self, album: Album, place: int) -> tuple[Template, ...]:
        """What witness number `place` remembers of other photos of a kind."""
        gallery = self.galleries.get(album)
        return () if gallery is None else gallery.templates[place]

    def readings(self, before: Look, after: Look) -> tuple[Reading, ...]:
        """What each witness says of one face before and after."""
        return tuple(
            w.reading(
                (before.distances[k], after.distances[k]),
                {
                    album: (before.nearest[album][k], after.nearest[album][k])
                    for album in before.nearest
                },
            )
            for k, w in enumerate(self.witnesses)
        )

    def _compare(
        self, sitter: Sitter, face: Face, templates: Sequence[Template], *, found: bool
    ) -> Look:
        distances = tuple(map(distance, sitter.templates, templates))
        nearest: dict[Album, tuple[float | None, ...]] = {
            album: tuple(gallery.nearest(k, t) for k, t in enumerate(templates))
            for album, gallery in self.galleries.items()
        }
        return Look(face, found, distances, nearest, tuple(templates))


def _by_hand(levels: PhotoLevels, there: Face) -> Face | None:
    """The face in a box that a person gave, if it is still as large as a face."""
    try:
        return at_box(levels, there.box)
    except BoxError:
        return None
