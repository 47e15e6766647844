"""Where a change is seen, as a picture on a fixed scale."""

import io
from pathlib import Path
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from sublimen.imaging.colourmaps import coloured
from sublimen.imaging.levels import from_bytes
from sublimen.imaging.separable import correlate
from sublimen.metrics.flip import Side, difference
from sublimen.photo.measure import read_pair
from sublimen.photo.write import check_target
from sublimen.types import PhotoLevels
from sublimen.visibility.calibration import calibration
from sublimen.visibility.displays import Display, display as display_called
from sublimen.whole_file import write_atomically

MOST: Final = 3.0
"""JND that get the last colour."""

DEGREES: Final = 0.5
"""Side of the square around a pixel that its value is of, in degrees."""

ROWS: Final = 512
"""Rows that are mapped at a time."""


def write_heat_map(
    reference: Path, distorted: Path, output: Path, *, display: str, force: bool = False
) -> None:
    """Write the heat map of two photos as PNG: dark blue is 0 JND, yellow 3 and more.

    Raises:
        PhotoError: If the photos cannot be compared.
        OutputError: If the map cannot be written.
        UnknownNameError: If there is no such display.
    """
    screen = display_called(display)
    check_target(reference, output, force=force)
    original, changed = read_pair(reference, distorted)
    written = io.BytesIO()
    Image.fromarray(coloured(heat_map(original, changed, screen), MOST)).save(written, "PNG")
    write_atomically(output, written.getvalue(), force=force)


@torch.no_grad()
def heat_map(original: PhotoLevels, changed: PhotoLevels, display: Display) -> np.ndarray:
    """JND around each pixel at 1:1: the mean of the FLIP map in half a degree, by FLIP's curve.

    FLIP is the meter that has a map; the worst meter may be another one.
    """
    ppd = display.pixels_per_degree
    side = 2 * round(ppd * DEGREES / 2) + 1
    margin = round(ppd)
    height, width = original.shape[:2]
    result = np.zeros((height, width), np.float32)
    for start in range(0, height, ROWS):
        stop = min(start + ROWS, height)
        top, bottom = max(start - margin, 0), min(stop + margin, height)
        one, other = original[top:bottom], changed[top:bottom]
        if not np.array_equal(one, other):
            local = _local(from_bytes(one), from_bytes(other), ppd, side)
            result[start:stop] = local[start - top : stop - top].numpy()
    return result


def _local(one: Tensor, other: Tensor, pixels_per_degree: float, side: int) -> Tensor:
    seen = difference(Side.of(one, pixels_per_degree), other)
    mean = correlate(seen, (1 / side,) * side, border="edge")[0, 0]
    return calibration().curve("flip").jnd(mean.flatten()).view_as(mean)
