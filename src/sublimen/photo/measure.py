"""How one photo file differs from another, and how visible that is."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np

from sublimen.catalogue import look_up
from sublimen.errors import MissingExtraError, PhotoError
from sublimen.jnd import JND_MODELS
from sublimen.photo.allowance import jnd_levels
from sublimen.photo.classical import classical
from sublimen.photo.faces import find_faces
from sublimen.photo.file import open_photo
from sublimen.photo.options import MapOptions, ViewOptions
from sublimen.photo.programs import programs
from sublimen.recognisers.face import Box, Face
from sublimen.types import PhotoLevels
from sublimen.visibility.answer import Observer, Visibility


@final
@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Everything that was measured on two files.

    Args:
        identical: Whether nothing differs.
        largest_change: Largest change of a sample in 8-bit levels.
        beyond_jnd: Share of the samples that differ by more than the JND map times the limit.
        metrics: Every metric by its name; `None` is an infinite ratio of signal to noise, or a
            metric that `unavailable` speaks of.
        unavailable: Why a metric has no value, by its name.
        visibility: How visible the change is.
        faces: Where the faces of the original are.
        jnd: Name of the JND model.
        map_limit: How many times the map a sample may differ before it counts as beyond.
    """

    identical: bool
    largest_change: int
    beyond_jnd: float
    metrics: Mapping[str, float | None]
    unavailable: Mapping[str, str]
    visibility: Visibility
    faces: tuple[Box, ...]
    jnd: str
    map_limit: float


def measure_files(
    reference: Path,
    distorted: Path,
    *,
    view: ViewOptions,
    within: MapOptions,
    boxes: Sequence[Box] = (),
    full: bool = False,
) -> Measurement:
    """Compare two photo files as they are read.

    Args:
        reference: The original, in which faces are looked for.
        distorted: The changed photo.
        view: Who looks, and how.
        within: The JND map that the change is held against.
        boxes: Faces given by hand; the original is searched for faces if there are none.
        full: Whether the heavy programs measure large photos, too.

    Raises:
        PhotoError: If a file cannot be read, or they differ in size or in having colour.
        BoxError: If a box does not lie in the photo.
        UnknownNameError: If there is no such JND model, viewing, meter or display.
        MissingExtraError: If an optimised meter is not installed.
    """
    model = look_up(JND_MODELS, within.jnd, kind="JND model")()
    with ThreadPoolExecutor(1) as beside:
        # Decoding and detection do not hold the interpreter, so they run while meters are loaded.
        pair = beside.submit(read_pair, reference, distorted)
        found = beside.submit(lambda: faces_of(pair.result()[0], boxes))
        observer = Observer.of(viewing=view.viewing, names=view.meters, display=view.display)
        original, changed = pair.result()
        metrics = classical(original, changed, jnd_levels(original, model), within.map_limit)
        faces = found.result()
    scores = programs(original, changed, observer.display, full=full)
    small = {
        name: f"not available: the photo must be at least 161 x 161 pixels, got "
        f"{original.shape[1]} x {original.shape[0]}"
        for name in ("ms_ssim",)
        if metrics[name] is None
    }
    return Measurement(
        identical=np.array_equal(original, changed),
        largest_change=int(metrics["linf"] or 0),
        beyond_jnd=metrics["beyond_share"] or 0.0,
        metrics={**metrics, **scores.values},
        unavailable={**small, **scores.unavailable},
        visibility=observer.compare(original, changed, faces),
        faces=tuple(face.box for face in faces),
        jnd=within.jnd,
        map_limit=within.map_limit,
    )


def read_pair(reference: Path, distorted: Path) -> tuple[PhotoLevels, PhotoLevels]:
    """The levels of two files that can be compared.

    Raises:
        PhotoError: If a file cannot be read, or they differ in size or in having colour.
    """
    original, changed = open_photo(reference).levels, open_photo(distorted).levels
    if original.shape != changed.shape:
        raise PhotoError(
            f"both photos must have the same size and channels, got {_shape(original.shape)} "
            f"and {_shape(changed.shape)}; enlarge or convert one of them"
        )
    return original, changed


def faces_of(levels: PhotoLevels, boxes: Sequence[Box]) -> tuple[Face, ...]:
    """The faces of a photo; none if face detection is not installed and none was given."""
    try:
        return tuple(find_faces(levels, boxes))
    except MissingExtraError:
        if boxes:
            raise
        return ()


def _shape(shape: tuple[int, ...]) -> str:
    height, width, channels = shape
    return f"{width} x {height} {'grey' if channels == 1 else 'colour'}"
