"""What JPEG makes of a picture."""

import io

from PIL import Image

from sublimen.imaging.picture import levels_of, picture
from sublimen.types import PhotoLevels


def jpeg(levels: PhotoLevels, quality: int, *, subsampling: int = 2) -> PhotoLevels:
    """The picture after Pillow's JPEG.

    Args:
        levels: Height x width x 1 or 3.
        quality: Pillow's quality, 1 to 100.
        subsampling: Of the colour differences: 0 is 4:4:4, 2 is 4:2:0.
    """
    written = io.BytesIO()
    picture(levels).save(written, "JPEG", quality=quality, subsampling=subsampling)
    with Image.open(written) as read_back:
        return levels_of(read_back)
