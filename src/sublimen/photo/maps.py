"""JND maps of photo files."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from sublimen.catalogue import look_up
from sublimen.errors import OutputError, PhotoError
from sublimen.imaging.filters import Padding
from sublimen.imaging.levels import from_bytes
from sublimen.jnd import JND_MODELS
from sublimen.jnd.tiles import in_tiles
from sublimen.photo.file import open_photo
from sublimen.photo.write import check_target, write_atomically
from sublimen.types import LEVELS, LevelMap, PhotoLevels

PER_LEVEL: Final = 10
"""Brightness in the picture of a map for each level of threshold."""


def write_map(
    photo: Path,
    output: Path,
    *,
    model: str,
    padding: Padding,
    edges: Path | None = None,
    force: bool = False,
) -> str:
    """Compute a photo's JND map and write it.

    Args:
        photo: The photo.
        output: A `.npy` file for float32 thresholds in levels, channels x height x width; a
            `.png` file for a picture.
        model: Name of the JND model.
        padding: What lies beyond the rim.
        edges: A `.npy` file with the model's edge map, height x width.
        force: Overwrite a file that is there.

    Returns:
        What the file holds, in words.

    Raises:
        PhotoError: If the photo or the edge map cannot be used.
        OutputError: If the map cannot be written.
        UnknownNameError: If there is no such model.
    """
    entry = replace(look_up(JND_MODELS, model, kind="JND model")(), padding=padding)
    if output.suffix.lower() not in {".npy", ".png"}:
        raise OutputError(f"{output} must end in .npy or .png, got {output.suffix or 'nothing'}")
    levels = open_photo(photo).levels
    given = None if edges is None else _edges(edges, levels)
    check_target(photo, output, force=force)
    images = from_bytes(levels, torch.float64)
    jnd: LevelMap = (in_tiles(entry, images, edges=given)[0] * LEVELS).float().numpy()
    picture = output.suffix.lower() == ".png"
    write_atomically(output, _png(jnd) if picture else _npy(jnd), force=force)
    channels, height, width = jnd.shape
    if picture:
        return f"{width} x {height} pixels, {PER_LEVEL} of 255 for each level of threshold"
    return f"float32, {channels} x {height} x {width}, in 8-bit levels"


def _edges(path: Path, levels: PhotoLevels) -> Tensor:
    """An edge map as booleans, or a protection map as numbers."""
    try:
        given = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise PhotoError(f"{path} must be a .npy file with an edge map, got: {error}") from error
    height, width = levels.shape[:2]
    if not isinstance(given, np.ndarray) or given.shape != (height, width):
        raise PhotoError(
            f"{path} must hold {height} x {width} values, got {getattr(given, 'shape', 'several')}"
        )
    if given.dtype.kind not in "biuf" or not np.isfinite(given).all():
        raise PhotoError(f"{path} must hold finite numbers or booleans, got {given.dtype}")
    given = given.astype(np.float64) if given.dtype.kind == "f" else given.astype(bool)
    return torch.from_numpy(given)[None, None]


def _npy(jnd: LevelMap) -> bytes:
    written = io.BytesIO()
    np.save(written, jnd)
    return written.getvalue()


def _png(jnd: LevelMap) -> bytes:
    samples = np.clip(np.rint(jnd.transpose(1, 2, 0) * PER_LEVEL), 0, LEVELS).astype(np.uint8)
    written = io.BytesIO()
    Image.fromarray(samples.squeeze(axis=2) if samples.shape[2] == 1 else samples).save(
        written, "PNG"
    )
    return written.getvalue()
