"""Levels as pictures of Pillow, and back."""

import io

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from sublimen.types import PhotoLevels


def picture(levels: UInt8[np.ndarray, "height width channels"]) -> Image.Image:
    """A picture of one, three or four channels."""
    samples = levels[..., 0] if levels.shape[2] == 1 else levels
    return Image.fromarray(np.ascontiguousarray(samples))


def levels_of(shown: Image.Image) -> PhotoLevels:
    """The levels of a picture, height x width x channels."""
    levels = np.array(shown)
    return levels[..., None] if levels.ndim == 2 else levels


def png(levels: UInt8[np.ndarray, "height width channels"]) -> bytes:
    """A PNG file of a picture."""
    written = io.BytesIO()
    picture(levels).save(written, "PNG")
    return written.getvalue()
