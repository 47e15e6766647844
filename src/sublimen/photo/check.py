"""Whether a photo shows somebody whom recognisers know from other photos."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from sublimen.errors import PhotoError
from sublimen.photo.faces import find_faces
from sublimen.photo.file import open_photo
from sublimen.photo.gallery import Gallery
from sublimen.photo.panel import Witness
from sublimen.photo.result import LIMITS, Participant
from sublimen.photo.sitting import Look, Sitting
from sublimen.photo.uploads import UPLOADS
from sublimen.photo.verdicts import smallness
from sublimen.recognisers.face import Box

TRIED: Final = ("png", "q75")
"""The uploads after which the photo is compared: as it is, and after JPEG."""


@final
@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What one recogniser says of one face and all other photos.

    Args:
        name: The recogniser's name.
        threshold: Distance up to which two faces match.
        false_match_rate: Share of pairs of different people that match at that threshold.
        nearest: Least distance to a face of the other photos.
        matching: How many of the other photos show a face that matches.
        photos: How many of them show a face at all.
        matches: Whether any matches.
    """

    name: str
    threshold: float
    false_match_rate: float
    nearest: float
    matching: int
    photos: int
    matches: bool


@final
@dataclass(frozen=True, kw_only=True)
class CheckedVersion:
    """One face after one upload.

    Args:
        upload: Name of the upload.
        found: Whether the face is detected there; if not, recognisers are asked at its place.
        recognisers: What each says.
    """

    upload: str
    found: bool
    recognisers: tuple[Comparison, ...]


@final
@dataclass(frozen=True, kw_only=True)
class CheckedFace:
    """One face of the photo.

    Args:
        box: Where it is.
        matches: Whether any recogniser matches it, in any version.
        versions: As it is, and after each upload that is tried.
        note: One sentence when something needs saying, else empty.
    """

    box: Box
    matches: bool
    versions: tuple[CheckedVersion, ...]
    note: str = ""


@final
@dataclass(frozen=True, kw_only=True)
class Check:
    """Everything that was compared.

    Args:
        input: Path of the photo.
        against: Path of the folder with the other photos.
        photos: Names of the other photos that show a face.
        without_face: Names of those in which none was found.
        matches: Whether any face matches for any recogniser, in any version.
        faces: One entry for each face of the photo.
        recognisers: Who was asked, and whose they are.
        uploads: What each version is, by its name.
        limits: What nobody can promise, in one sentence.
    """

    input: str
    against: str
    photos: tuple[str, ...]
    without_face: tuple[str, ...]
    matches: bool
    faces: tuple[CheckedFace, ...]
    recognisers: tuple[Participant, ...]
    uploads: dict[str, str]
    limits: str = LIMITS


def check_photo(
    photo: Path, against: Path, witnesses: tuple[Witness, ...], *, boxes: Sequence[Box] = ()
) -> Check:
    """Compare every face of a photo with the faces of all photos of a folder.

    The photo itself is left out where it lies in the folder.

    Args:
        photo: The photo, protected or not.
        against: The folder with the other photos.
        witnesses: Who is asked.
        boxes: Faces given by hand; the photo is searched for faces if there are none.

    Raises:
        PhotoError: If a photo cannot be read, or there is no face to compare on either side.
        BoxError: If a box does not lie in the photo.
    """
    levels = open_photo(photo).levels
    faces = find_faces(levels, boxes)
    if not faces:
        raise PhotoError(
            f"{photo} must show a face to be compared, got none that is found; give one by hand "
            "with --box x0,y0,x1,y1"
        )
    gallery = Gallery.of(against, witnesses, without=[photo])
    known = tuple(dict.fromkeys(gallery.owners))
    if not known:
        raise PhotoError(
            f"{against} must hold a photo with a face besides {photo.name}, got "
            f"{len(gallery.without_face)} in which none is found"
        )
    sitting = Sitting.of(levels, faces, witnesses, by_hand=bool(boxes))
    seen = {name: sitting.look(UPLOADS[name].make(levels)) for name in TRIED}
    checked = tuple(
        _face(sitting, gallery, {name: looks[place] for name, looks in seen.items()}, place)
        for place in range(len(faces))
    )
    return Check(
        input=str(photo),
        against=str(against),
        photos=known,
        without_face=gallery.without_face,
        matches=any(face.matches for face in checked),
        faces=checked,
        recognisers=tuple(witness.participant for witness in witnesses),
        uploads={name: UPLOADS[name].summary for name in TRIED},
    )


def _face(sitting: Sitting, gallery: Gallery, seen: dict[str, Look], place: int) -> CheckedFace:
    versions = tuple(
        CheckedVersion(
            upload=name,
            found=look.found,
            recognisers=tuple(
                _comparison(witness, gallery, look, k)
                for k, witness in enumerate(sitting.witnesses)
            ),
        )
        for name, look in seen.items()
    )
    face = sitting.sitters[place].face
    return CheckedFace(
        box=face.box,
        matches=any(one.matches for version in versions for one in version.recognisers),
        versions=versions,
        note=smallness(face),
    )


def _comparison(witness: Witness, gallery: Gallery, look: Look, place: int) -> Comparison:
    distances = gallery.distances(place, look.templates[place])
    nearest = min(distances.values())
    return Comparison(
        name=witness.name,
        threshold=witness.threshold,
        false_match_rate=witness.false_match_rate,
        nearest=nearest,
        matching=sum(distance <= witness.threshold for distance in distances.values()),
        photos=len(distances),
        matches=nearest <= witness.threshold,
    )
