"""What the file that will be saved makes of a face's region, with a slope."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, final

from torch import Tensor
from typing_extensions import override

from sublimen.attacks.transformations import Transformation
from sublimen.attacks.view import Draw
from sublimen.imaging.differentiable_jpeg import Subsampling, jpeg_like
from sublimen.imaging.quantisation import tables
from sublimen.imaging.whole_number_dct import rounded
from sublimen.photo.encoding import QUALITY, Codec
from sublimen.photo.patch import Patch
from sublimen.types import LEVELS, Images

FULL: Final[Subsampling] = 0
HALVED: Final[Subsampling] = 2


def as_saved(images: Images, patch: Patch, codec: Codec) -> Tensor:
    """The region of a photo as it will be read from the file.

    For a JPEG what JPEG makes of it, with the example tables of the quality that is nearest to
    the photo's own; other formats are taken to keep whole levels of it. A region that the search
    sees reduced is left as it is: what is done to its pixels is not what is done to the photo's.

    Args:
        images: The region on the patch's grid.
        patch: The region.
        codec: The file.
    """
    if patch.grid != (patch.box.height, patch.box.width):
        return images
    if codec.format != "JPEG":
        return rounded(images * LEVELS, limits=(0, LEVELS)) / LEVELS
    jpeg = codec.photo.jpeg
    if jpeg is None:
        return jpeg_like(images, [QUALITY] * len(images), subsampling=FULL)
    quality = nearest_quality(tuple(jpeg.quantisation[0]))
    subsampling = FULL if jpeg.subsampling == FULL else HALVED
    return jpeg_like(images, [quality] * len(images), subsampling=subsampling)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class AsSaved(Transformation):
    """The region as it will be read from the file: what any upload begins with.

    Args:
        patch: The region.
        codec: The file.
    """

    patch: Patch
    codec: Codec

    @override
    def see(self, images: Images, draw: Draw) -> Tensor:
        del draw
        return as_saved(images, self.patch, self.codec)


@lru_cache(maxsize=16)
def nearest_quality(steps: tuple[int, ...]) -> int:
    """Pillow's quality whose steps of luma add up to nearly as much.

    Example:
        >>> nearest_quality((1,) * 64)
        100
    """
    totals = tables(range(1, 101))[:, 0].sum(dim=(1, 2))
    return 1 + int((totals - sum(steps)).abs().argmin())
