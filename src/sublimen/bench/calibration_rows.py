"""The measurements behind the calibration: every distorted window by every meter, row by row."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

import torch

from sublimen.bench import store
from sublimen.bench.distortions import DISTORTIONS, Distortion
from sublimen.bench.windows import Window
from sublimen.imaging.levels import from_bytes
from sublimen.visibility import METERS

COLUMNS: Final = ("window", "kind", "distortion", "strength", *METERS)


@final
@dataclass(frozen=True, kw_only=True)
class Row:
    """One distorted window.

    Args:
        window: Its name.
        kind: `scene` or `face`.
        distortion: Name of the distortion.
        strength: How strong it is, in the distortion's own unit.
        scores: Each meter's score by the meter's name.
    """

    window: str
    kind: str
    distortion: str
    strength: float
    scores: Mapping[str, float]


def measure(
    windows: Iterable[Window], path: Path, *, watch: Callable[[str], None] = lambda _: None
) -> list[Row]:
    """Measure what `path` does not hold yet, and add it there.

    Rows are written a distortion at a time, so a killed run goes on where it stopped. What is
    returned is what the file says, so that a new run and an old file come to the same.

    Raises:
        MissingExtraError: If a meter's program is not installed.
        PhotoError: If the file holds something else.
    """
    known = {(row.window, row.distortion) for row in read(path)}
    for window in windows:
        for distortion in DISTORTIONS:
            if (window.name, distortion.name) not in known:
                watch(f"{window.name}, {distortion.name}")
                _append(path, _rows(window, distortion))
    return read(path)


@torch.no_grad()
def _rows(window: Window, distortion: Distortion) -> list[Row]:
    reference = from_bytes(window.levels)
    changed = [distortion(window.levels, s, window.name) for s in distortion.strengths]
    distorted = torch.cat([from_bytes(levels) for levels in changed])
    references = reference.expand_as(distorted)
    scores = {name: meter()(references, distorted).tolist() for name, meter in METERS.items()}
    return [
        Row(
            window=window.name,
            kind=window.kind,
            distortion=distortion.name,
            strength=strength,
            scores={name: values[k] for name, values in scores.items()},
        )
        for k, strength in enumerate(distortion.strengths)
    ]


def _append(path: Path, rows: Iterable[Row]) -> None:
    lines = [
        (
            row.window,
            row.kind,
            row.distortion,
            f"{row.strength:g}",
            *(f"{row.scores[name]:.6g}" for name in METERS),
        )
        for row in rows
    ]
    store.append(path, COLUMNS, lines)


def read(path: Path) -> list[Row]:
    """The rows of a file, none if it is not there.

    Raises:
        PhotoError: If it holds something else.
    """
    return [
        Row(
            window=line["window"],
            kind=line["kind"],
            distortion=line["distortion"],
            strength=float(line["strength"]),
            scores={name: float(line[name]) for name in METERS},
        )
        for line in store.read(path, COLUMNS)
    ]
