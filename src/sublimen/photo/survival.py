"""Whether a saved photo is still misread after what uploads do to it."""

from collections.abc import Iterator, Sequence
from typing import Final

from sublimen.photo.result import Reading, UploadResult
from sublimen.photo.sitting import Look, Sitting
from sublimen.photo.uploads import UPLOADS
from sublimen.types import PhotoLevels

AS_SAVED: Final = "png"
"""The upload that changes nothing."""


def survival(
    sitting: Sitting, original: PhotoLevels, saved: PhotoLevels, looks: Sequence[Sequence[Look]]
) -> tuple[tuple[UploadResult, ...], ...]:
    """Every face after every upload, in the original and in the saved file.

    Args:
        sitting: The faces and who is asked about them.
        original: The original, saved again without protection.
        saved: The saved file.
        looks: The faces in these two as they are, which need not be looked at again.
    """
    found = [
        _results(sitting, name, before, after)
        for name, before, after in _looks(sitting, (original, saved), looks)
    ]
    return tuple(zip(*found, strict=True))


def _looks(
    sitting: Sitting,
    pair: tuple[PhotoLevels, PhotoLevels],
    looks: Sequence[Sequence[Look]],
) -> Iterator[tuple[str, Sequence[Look], Sequence[Look]]]:
    for name, upload in UPLOADS.items():
        before, after = looks
        if name != AS_SAVED:
            before, after = (sitting.look(upload.make(levels)) for levels in pair)
        yield name, before, after


def _results(
    sitting: Sitting, name: str, before: Sequence[Look], after: Sequence[Look]
) -> list[UploadResult]:
    results = []
    for one, other in zip(before, after, strict=True):
        readings = sitting.readings(one, other)
        results.append(
            UploadResult(
                upload=name,
                found_before=one.found,
                found=other.found,
                hidden=hidden(other, readings),
                recognisers=readings,
            )
        )
    return results


def hidden(look: Look, readings: Sequence[Reading]) -> bool:
    """Whether a face is found and matched by nobody. One that is not found is no success."""
    return look.found and not any(reading.matches for reading in readings)
