"""What the file that will be saved makes of a face's region, with a slope."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from torch import Tensor

from sublimen.imaging.differentiable_jpeg import Subsampling, jpeg_like
from sublimen.imaging.quantisation import tables
from sublimen.photo.encoding import QUALITY, Codec
from sublimen.photo.patch import Patch
from sublimen.types import Images

FULL: Final[Subsampling] = 0
HALVED: Final[Subsampling] = 2


def as_saved(images: Images, patch: Patch, codec: Codec) -> Tensor:
    """The region of a photo as it will be read from the file.

    For a JPEG what JPEG makes of it, with the example tables of the quality that is nearest to
    the photo's own; other formats are taken to keep it. A region that the search sees reduced is
    left as it is: what JPEG does to its pixels is not what it does to the photo's.

    Args:
        images: The region on the patch's grid.
        patch: The region.
        codec: The file.
    """
    if codec.format != "JPEG" or patch.grid != (patch.box.height, patch.box.width):
        return images
    jpeg = codec.photo.jpeg
    if jpeg is None:
        return jpeg_like(images, [QUALITY] * len(images), subsampling=FULL)
    quality = nearest_quality(jpeg.quantisation[0])
    subsampling = FULL if jpeg.subsampling == FULL else HALVED
    return jpeg_like(images, [quality] * len(images), subsampling=subsampling)


def nearest_quality(steps: Sequence[int]) -> int:
    """Pillow's quality whose steps of luma add up to nearly as much.

    Example:
        >>> nearest_quality([1] * 64)
        100
    """
    off = partial(_off, total=sum(steps))
    return min(range(1, 101), key=off)


def _off(quality: int, *, total: int) -> float:
    return abs(tables([quality])[0, 0].sum().item() - total)
