"""What the witnesses' readings come to: for each face, for the photo, and in words."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from sublimen.photo.allowance import Allowance
from sublimen.photo.craft import Crafted, Try
from sublimen.photo.gallery import Album, Gallery
from sublimen.photo.panel import Panel
from sublimen.photo.result import FaceResult, Reading, Status
from sublimen.photo.sitting import Look, Sitting
from sublimen.photo.survival import hidden
from sublimen.recognisers.alignment import Alignment
from sublimen.recognisers.face import Face

SMALL: Final = 40
"""Width of a face in pixels below which recognisers err so often that no match says little."""


def face_results(
    sitting: Sitting, allowance: Allowance, before: Sequence[Look], crafted: Crafted
) -> tuple[FaceResult, ...]:
    """Every face with what each witness says of it.

    Args:
        sitting: The faces and who is asked about them.
        allowance: How far each sample was allowed to move.
        before: The faces in the original, saved again without protection.
        crafted: The changed photo and the faces in it.
    """
    results = []
    for k, (sitter, attempt, after) in enumerate(
        zip(sitting.sitters, crafted.tries, crafted.looks, strict=True)
    ):
        readings = sitting.readings(before[k], after)
        misled = hidden(after, readings)
        said = [
            "" if misled else _failure(allowance.limit, attempt, after, readings, crafted),
            smallness(sitter.face),
            *_others(readings),
        ]
        results.append(
            FaceResult(
                box=sitter.face.box,
                handled=True,
                found=after.found,
                protected=misled,
                factor=allowance.factor(crafted.levels, attempt.box),
                region=attempt.box,
                recognisers=readings,
                note="; ".join(filter(None, said)),
            )
        )
    return tuple(results)


def _failure(
    limit: float, attempt: Try, after: Look, readings: Sequence[Reading], crafted: Crafted
) -> str:
    """Why a face is not protected."""
    if not after.found:
        return "the face is no longer detected in the saved file, which does not count as protected"
    if crafted.share < 1 and not crafted.visibility_bound:
        return (
            f"still recognised with {crafted.share:.0%} of the change, which is all that "
            "--visibility allows; a larger --visibility may help and may show"
        )
    still = [reading for reading in readings if reading.matches]
    if all(reading.role == "judge" for reading in still):
        names = _listed([reading.name for reading in still])
        return f"every surrogate misses it, but {names}, which took no part in the search, does not"
    if crafted.visibility_bound:
        lossy = not np.array_equal(crafted.saved, crafted.levels)
        another = ", and so may a PNG, for a JPEG's own rounding is seen as well" if lossy else ""
        return (
            "still recognised with all of the change that --visibility allows; a larger "
            f"--visibility may help and may show, a longer --effort may help{another}"
        )
    return (
        f"still recognised after {attempt.turns} searches, because it is detected in another "
        "way each time; it may be no face"
        if attempt.reached
        else f"still recognised at the limit of {limit:g} times the JND map; "
        "a larger --map-limit may help and may show"
    )


def smallness(face: Face) -> str:
    """What is said of a face of few pixels; nothing of others."""
    width = Alignment.of(face).face_width
    if width >= SMALL:
        return ""
    return (
        f"the face is only {width:.0f} pixels wide; below {SMALL} recognisers themselves err so "
        "often that a verdict says little"
    )


def _others(readings: Sequence[Reading]) -> list[str]:
    """What is said of a face and the other photos."""
    strangers = [r.name for r in readings if r.gallery and not r.gallery.matched]
    still = [r.name for r in readings if r.gallery and r.gallery.matched and r.gallery.matches]
    akin = [r.name for r in readings if r.apart and r.apart.matches]
    taken = [r.name for r in readings if r.towards and r.towards.matches]
    missed = [r.name for r in readings if r.towards and not r.towards.matches]
    said = []
    if strangers:
        said.append(
            f"{_listed(strangers)} did not match the original with the other photos before, so no "
            "match afterwards is no achievement"
        )
    if still:
        said.append(f"one of the other photos is still matched by {_listed(still)}")
    if akin:
        said.append(f"one of the photos that were protected before is matched by {_listed(akin)}")
    if taken:
        said.append(f"taken for the person of --towards by {_listed(taken)}")
    if missed:
        said.append(f"not taken for the person of --towards by {_listed(missed)}")
    return said


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def status_of(faces: Sequence[FaceResult]) -> Status:
    """What became of a photo with faces."""
    hidden = [face.protected for face in faces]
    if all(hidden):
        return "protected"
    return "partly" if any(hidden) else "not-protected"


def notes_of(
    status: Status,
    faces: Sequence[FaceResult],
    galleries: Mapping[Album, Gallery],
    panel: Panel,
) -> tuple[str, ...]:
    """Sentences a person should read.

    Args:
        status: What became of the photo.
        faces: Its faces.
        galleries: Other photos, by what they are for.
        panel: Who was asked.
    """
    notes = []
    if status == "no-face":
        notes.append("no face was found; give one by hand with --box x0,y0,x1,y1")
    for album, gallery in galleries.items():
        if gallery.without_face:
            names = ", ".join(gallery.without_face)
            folder = "the gallery" if album == "gallery" else f"--{album}"
            notes.append(f"no face was found in these photos of {folder}: {names}")
    strangers = [
        witness.name
        for place, witness in enumerate(panel.witnesses)
        if faces and all(_unknown(face.recognisers[place]) for face in faces)
    ]
    if strangers:
        notes.append(
            f"no face of the photo matched the gallery before by {_listed(strangers)}: it may show "
            "somebody else"
        )
    return (*notes, *panel.notes)


def _unknown(reading: Reading) -> bool:
    """Whether a recogniser did not know the face from the gallery."""
    return reading.gallery is not None and not reading.gallery.matched
