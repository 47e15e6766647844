"""JND maps of photo files."""

import io
from dataclasses import fields
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from sublimen.catalogue import look_up
from sublimen.errors import OutputError, PhotoError, SettingError
from sublimen.imaging.levels import from_bytes
from sublimen.imaging.picture import png
from sublimen.jnd import JND_MODELS, JndModel, ZhangDct
from sublimen.jnd.tiles import in_tiles
from sublimen.photo.file import open_photo
from sublimen.photo.options import ModelOptions
from sublimen.photo.write import check_target
from sublimen.types import LEVELS, LevelMap, PhotoLevels
from sublimen.whole_file import write_atomically

PER_LEVEL: Final = 10
"""Brightness in the picture of a map for each level of threshold."""


def write_map(photo: Path, output: Path, how: ModelOptions, *, force: bool = False) -> str:
    """Compute a photo's JND map and write it.

    Args:
        photo: The photo.
        output: A `.npy` file for float32 thresholds in levels, channels x height x width; a
            `.png` file for a picture.
        how: The model and its settings.
        force: Overwrite a file that is there.

    Returns:
        What the file holds, in words.

    Raises:
        PhotoError: If the photo or the edge map cannot be used.
        ImageError: If the photo is too small for the model.
        OutputError: If the map cannot be written.
        UnknownNameError: If there is no such model.
        SettingError: If the model has no such setting.
        WeightsError: If the weights are missing or others than expected.
    """
    model = chosen(how)
    ending = output.suffix.lower()
    if ending not in {".npy", ".png"} or (how.coefficients and ending != ".npy"):
        expected = ".npy" if how.coefficients else ".npy or .png"
        raise OutputError(f"{output} must end in {expected}, got {output.suffix or 'nothing'}")
    levels = open_photo(photo).levels
    given = None if how.edges is None else _edges(how.edges, levels, model.most_edge)
    check_target(photo, output, force=force)
    images = from_bytes(levels, torch.float64)
    if isinstance(model, ZhangDct) and how.coefficients:
        found = model.coefficients(images)
    else:
        found = in_tiles(model, images, edges=given)
    jnd: LevelMap = (found[0] * LEVELS).float().numpy()
    picture = ending == ".png"
    write_atomically(output, _png(jnd) if picture else _npy(jnd), force=force)
    channels, height, width = jnd.shape
    if picture:
        return f"{width} x {height} pixels, {PER_LEVEL} of 255 for each level of threshold"
    unit = "levels of DCT coefficients" if how.coefficients else "8-bit levels"
    return f"float32, {channels} x {height} x {width}, in {unit}"


def chosen(how: ModelOptions) -> JndModel:
    """The model that was asked for.

    Raises:
        UnknownNameError: If there is no such model.
        SettingError: If it has no such setting.
    """
    entry = look_up(JND_MODELS, how.model, kind="JND model")
    known = {field.name for field in fields(entry)}
    settings = {"padding": how.padding, "variant": how.variant, "weights": how.weights}
    given = {name: value for name, value in settings.items() if value is not None}
    if how.variant is not None:
        entry.check_variant(how.variant)
    for name in given.keys() - known:
        raise SettingError(f"{name} must not be given for {how.model}, which has none")
    if how.coefficients and entry is not ZhangDct:
        raise SettingError(f"coefficients are those of {ZhangDct.name}, got {how.model}")
    model = entry(**given)  # type: ignore[arg-type]  # fields that the model has
    if how.edges is not None and not model.takes_edges:
        raise SettingError(f"edges must not be given for {how.model}, which looks for none")
    return model


def _edges(path: Path, levels: PhotoLevels, most: float) -> Tensor:
    """An edge map as booleans, or numbers up to `most`; whole numbers of 0 and 1 are booleans."""
    if not path.is_file():
        raise PhotoError(f"{path} must be a .npy file with an edge map, got no such file")
    try:
        given = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise PhotoError(f"{path} must be a .npy file with an edge map, got another") from error
    height, width = levels.shape[:2]
    if not isinstance(given, np.ndarray) or given.shape != (height, width):
        raise PhotoError(
            f"{path} must hold height x width = {height} x {width} values, "
            f"got {getattr(given, 'shape', 'several arrays')}"
        )
    if given.dtype.kind not in "biuf":
        raise PhotoError(f"{path} must hold numbers or booleans, got {given.dtype}")
    if not np.isfinite(given).all():
        raise PhotoError(f"{path} must hold finite numbers, got NaN or infinity")
    yes_or_no = given.dtype.kind != "f" and most == 1 and given.min() >= 0 and given.max() <= 1
    return torch.from_numpy(given.astype(bool if yes_or_no else np.float64))[None, None]


def _npy(jnd: LevelMap) -> bytes:
    written = io.BytesIO()
    np.save(written, jnd)
    return written.getvalue()


def _png(jnd: LevelMap) -> bytes:
    samples = np.clip(np.rint(jnd.transpose(1, 2, 0) * PER_LEVEL), 0, LEVELS).astype(np.uint8)
    return png(samples)
