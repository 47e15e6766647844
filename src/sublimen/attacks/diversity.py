"""Input diversity: the recogniser is shown resized and shifted images."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor
from torch.nn.functional import pad
from typing_extensions import override

from sublimen.attacks.view import Draw, View
from sublimen.checks import positive
from sublimen.errors import SettingError
from sublimen.imaging.resizing import resized
from sublimen.types import Images


@final
@dataclass(frozen=True, kw_only=True)
class InputDiversity(View):
    """With some probability an image of random size, at a random place among zeros.

    Below a ratio of 1 the image is reduced to a size drawn evenly from [ratio side, side) and put
    somewhere on a black square of its own side. Above 1 it is enlarged to a size of
    [side, ratio side), put somewhere on a black one of ratio side, and this is reduced to the
    side again, because recognisers of faces take one size only. Each image has draws of its own.

    Args:
        probability: With which an image is changed at all, in [0, 1]; at 0 nothing ever is.
        ratio: Least or largest size as a fraction of the side, above 0 and at most 2.

    References:
        Xie, Zhang, Zhou, Bai, Wang, Ren, Yuille, "Improving transferability of adversarial
        examples with input diversity", CVPR 2019, section 3.3. The authors' program enlarges 299
        to [299, 330) by the nearest pixel, does not reduce again, and draws once for a batch;
        ours is bilinear.
    """

    probability: float = 0.5
    ratio: float = 0.9

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise SettingError(f"probability must be in [0, 1], got {self.probability}")
        positive(ratio=self.ratio)
        if self.ratio > 2:
            raise SettingError(f"ratio must be at most 2, got {self.ratio}")

    @property
    @override
    def transparent(self) -> bool:
        return self.probability == 0

    @override
    def see(self, images: Images, draw: Draw) -> Tensor:
        wanted, size, down, across = (draw.uniform().tolist() for _ in range(4))
        seen = [
            self._placed(image, size[row], (down[row], across[row]))
            if wanted[row] < self.probability
            else image
            for row, image in enumerate(images.chunk(len(images)))
        ]
        return torch.cat(seen)

    def _placed(self, image: Images, share: float, place: tuple[float, float]) -> Tensor:
        """One image, of a size and at a place given as shares of what is possible."""
        height, width = image.shape[2:]
        sizes, rims = [], []
        for side, along in zip((height, width), place, strict=True):
            least, most = sorted((side, max(1, round(self.ratio * side))))
            size = least + int(share * (most - least))
            before = int(along * (most - size + 1))
            sizes.append(size)
            rims.append((before, most - size - before))
        small = resized(image, sizes[0], sizes[1])
        return resized(pad(small, (*rims[1], *rims[0])), height, width)
