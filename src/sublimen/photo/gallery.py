"""Other photos, as those who are asked remember the faces in them."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias, final

from sublimen.errors import PhotoError
from sublimen.photo.faces import find_faces
from sublimen.photo.file import open_photo
from sublimen.photo.panel import Template, Witness, distance
from sublimen.recognisers.face import Face
from sublimen.types import PhotoLevels

IMAGE_SUFFIXES: Final = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".heic", ".heif"}
)

Album: TypeAlias = Literal["gallery", "apart", "towards"]
"""What other photos are for: `gallery` shows the person, `apart` photos of the person that are
protected already and should not be matched with this one, `towards` somebody to be taken for."""


@final
@dataclass(frozen=True)
class Gallery:
    """Other photos, as each witness remembers their faces.

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
        cls,
        folder: Path,
        witnesses: Sequence[Witness],
        *,
        without: Collection[Path] = (),
        name: str = "gallery",
    ) -> "Gallery":
        """Read every photo of a folder; all faces of a photo count.

        Args:
            folder: Where the photos are.
            witnesses: Who remembers them.
            without: Photos that are left out if they lie there.
            name: What the folder is called in an error.

        Raises:
            PhotoError: If the folder holds no photo, or one of them cannot be read.
        """
        if not folder.is_dir():
            raise PhotoError(f"{name} must be a folder of photos, got {folder}")
        paths = photos_in(folder)
        if not paths:
            raise PhotoError(f"{name} must hold photos, got none in {folder}")
        left_out = [path for path in without if path.exists()]
        gallery = cls.empty(witnesses)
        for path in paths:
            if not any(path.samefile(other) for other in left_out):
                gallery = gallery.and_photo(path.name, open_photo(path).levels, witnesses)
        return gallery

    @classmethod
    def empty(cls, witnesses: Sequence[Witness]) -> "Gallery":
        """Nothing yet, for these witnesses."""
        return cls(((),) * len(witnesses), ())

    def and_photo(self, name: str, levels: PhotoLevels, witnesses: Sequence[Witness]) -> "Gallery":
        """The same with another photo.

        Args:
            name: Its name.
            levels: The photo.
            witnesses: The same as for the others.
        """
        return self.and_faces(name, levels, find_faces(levels, ()), witnesses)

    def and_faces(
        self, name: str, levels: PhotoLevels, faces: Sequence[Face], witnesses: Sequence[Witness]
    ) -> "Gallery":
        """The same with another photo whose faces are known.

        Args:
            name: Its name.
            levels: The photo.
            faces: Its faces.
            witnesses: The same as for the others.
        """
        templates = (
            (*known, *(witness.embed(levels, face) for face in faces))
            for witness, known in zip(witnesses, self.templates, strict=True)
        )
        return Gallery(
            tuple(templates),
            self.without_face if faces else (*self.without_face, name),
            (*self.owners, *[name] * len(faces)),
        )

    def nearest(self, place: int, template: Template) -> float | None:
        """Least distance of a template to what witness number `place` remembers."""
        return min((distance(template, known) for known in self.templates[place]), default=None)

    def distances(self, place: int, template: Template) -> dict[str, float]:
        """Least distance of a template to each photo, as witness number `place` remembers it."""
        found: dict[str, float] = {}
        for owner, known in zip(self.owners, self.templates[place], strict=True):
            found[owner] = min(found.get(owner, math.inf), distance(template, known))
        return found


def photos_in(folder: Path) -> list[Path]:
    """The photos of a folder, by their endings, in alphabetical order."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
