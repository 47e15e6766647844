"""What a photo meets between its owner's disk and a recogniser, as a view of an attack."""

from dataclasses import dataclass, field
from typing import Final, final

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample
from typing_extensions import override

from sublimen.attacks.expectation import Expectation
from sublimen.attacks.transformations import Chained, Downscaling, Jpeg, Transformation
from sublimen.attacks.view import Draw, View
from sublimen.checks import at_least, fraction
from sublimen.types import Images

PLAIN: Final = 0.1
"""How often an upload leaves the photo as it is."""

ELSEWHERE: Final = 0.25
"""How often another detector finds the face."""


@final
@dataclass(frozen=True, kw_only=True)
class Sometimes(Transformation):
    """A view that an image goes through with some probability.

    Args:
        view: What happens then.
        probability: How likely it is, in (0, 1].
    """

    view: View
    probability: float = 0.5

    def __post_init__(self) -> None:
        fraction(probability=self.probability)

    @override
    def see(self, images: Images, draw: Draw) -> Tensor:
        rows = (draw.uniform() < self.probability).nonzero().flatten()
        if not len(rows):
            return images
        return images.index_copy(0, rows, self.view.see(images[rows], draw.at(rows)))


@final
@dataclass(frozen=True, kw_only=True)
class Misaligned(Transformation):
    """Turned, scaled and shifted a little, as by landmarks that another detector finds.

    Evenly by chance for each image; bilinear, with the outermost sample beyond the rim.

    Args:
        turn: Largest turn in radians, at least 0.
        scale: Largest change of the scale, in (0, 1].
        shift: Largest shift as a fraction of each side, at least 0.
    """

    turn: float = 0.03
    scale: float = 0.03
    shift: float = 0.01

    def __post_init__(self) -> None:
        at_least(0, turn=self.turn, shift=self.shift)
        fraction(scale=self.scale)

    @override
    def see(self, images: Images, draw: Draw) -> Tensor:
        turn, scale, right, down = (2 * draw.uniform() - 1 for _ in range(4))
        angle, size = self.turn * turn, 1 + self.scale * scale
        ratio = images.shape[2] / images.shape[3]
        cosine, sine = size * angle.cos(), size * angle.sin()
        matrix = torch.stack(
            [
                torch.stack([cosine, -sine * ratio, 2 * self.shift * right], dim=1),
                torch.stack([sine / ratio, cosine, 2 * self.shift * down], dim=1),
            ],
            dim=1,
        )
        grid = affine_grid(matrix, list(images.shape), align_corners=False)
        return grid_sample(images, grid, padding_mode="border", align_corners=False)


def ways() -> tuple[View, ...]:
    """What an upload may do: JPEG of the picture or of a smaller one, or the latter alone.

    Colour is mostly kept at half the size, as by default in most encoders.
    """
    encoded = Jpeg(least=60, most=96, subsamplings=(2, 2, 2, 0))
    return (
        encoded,
        encoded,
        Downscaling(ratio=0.45, small=encoded),
        Downscaling(ratio=0.45),
    )


@final
@dataclass(frozen=True, kw_only=True)
class Upload(Transformation):
    """An upload: now and then none, else one of several ways, found by one detector or another.

    Args:
        ways: What may happen, evenly by chance, at least one.
        plain: How often nothing of it happens, in [0, 1).
        misaligned: What another detector makes of it, now and then.
    """

    ways: tuple[View, ...] = field(default_factory=ways)
    plain: float = PLAIN
    misaligned: View = field(default_factory=Misaligned)

    def __post_init__(self) -> None:
        fraction(uploaded=1 - self.plain)
        at_least(0, plain=self.plain)

    @override
    def see(self, images: Images, draw: Draw) -> Tensor:
        uploaded = Sometimes(view=Expectation(transforms=self.ways), probability=1 - self.plain)
        found = Sometimes(view=self.misaligned, probability=ELSEWHERE)
        return Chained(views=(uploaded, found)).see(images, draw)
