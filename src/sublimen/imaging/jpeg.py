"""What JPEG makes of a picture."""

import io

import numpy as np
from PIL import Image

from sublimen.types import PhotoLevels


def jpeg(levels: PhotoLevels, quality: int, *, subsampling: int = 2) -> PhotoLevels:
    """The picture after Pillow's JPEG.

    Args:
        levels: Height x width x 1 or 3.
        quality: Pillow's quality, 1 to 100.
        subsampling: Of the colour differences: 0 is 4:4:4, 2 is 4:2:0.
    """
    written = io.BytesIO()
    picture = Image.fromarray(levels.squeeze(axis=2) if levels.shape[2] == 1 else levels)
    picture.save(written, "JPEG", quality=quality, subsampling=subsampling)
    with Image.open(written) as read_back:
        decoded = np.array(read_back)
    return decoded[..., None] if decoded.ndim == 2 else decoded
