"""Luminance adaptation: the eye is least sensitive in the dark, less sensitive in the bright."""

from typing import Final

import torch
from torch import Tensor

from sublimen.imaging.filters import Padding, even, extend, odd
from sublimen.types import Plane

DARK: Final = 17.0
"""T0 of Chou and Li: rise of the threshold towards black, in levels."""

BRIGHT: Final = 3 / 128
"""Gamma of Chou and Li: slope of the threshold towards white, in levels per level."""

LEAST: Final = 3.0
"""Threshold at mid-grey (127), in levels."""

LIFT: Final = 32
"""What black is lifted to by Wu et al. before luminance adaptation, in levels."""

DARKEST: Final = 1e-30
"""Least background in levels: the slope of the root at black is infinite."""


def background(levels: Plane, padding: Padding) -> Plane:
    """Mean luminance around each pixel: B / 32 of Chou and Li, fig. 2.

    B has weight 1 on the outer ring of 5 x 5 pixels, 2 on the inner ring and 0 at the centre, so
    it is the sum over 5 x 5 and over 3 x 3 less twice the centre.
    """
    extended = extend(levels, 2, padding)
    three = even(extended, 2, (1, 1))
    five = three[:, :, 1:-1] + extended[:, :, :-4] + extended[:, :, 4:]
    total = even(five, 3, (1, 1, 1)) + even(three[:, :, 1:-1, 1:-1], 3, (1, 1))
    return total.sub_(levels, alpha=2).div_(32)


def strongest_gradient(levels: Plane, padding: Padding) -> Plane:
    """mg, the largest of the slopes in four directions, in levels over two pixels."""
    first, *others = gradients(extend(levels, 2, padding))
    strongest = first.abs_()
    for slope in others:
        strongest = torch.maximum(strongest, slope.abs_())
    return strongest.div_(16)


def gradients(levels: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Slopes in four directions times 16, without the outermost two pixels on each side.

    G1 to G4 of Chou and Li, fig. 3, 5 x 5 weights each, are put together from differences of
    pixels that lie opposite each other: along the columns, the rows and both diagonals.
    """
    right, below = odd(levels, 3, (1,)), odd(levels, 2, (1,))
    across = odd(levels[:, :, 2:-2], 3, (3, 1))
    down = odd(levels[..., 2:-2], 2, (3, 1))
    inner = levels[:, :, 1:-1, 1:-1]
    falling = inner[:, :, 2:, 2:] - inner[:, :, :-2, :-2]
    rising = inner[:, :, :-2, 2:] - inner[:, :, 2:, :-2]
    return (
        even(below[:, :, 1:-1], 3, (8, 3, 1)),
        even(right[..., 1:-1], 2, (8, 3, 1)),
        (across + down).add_(falling, alpha=8),
        across.sub_(down).add_(rising, alpha=8),
    )


def luminance_adaptation(background: Plane) -> Plane:
    """LA: the threshold on a flat field, in levels.

        LA(b) = 17 (1 - sqrt(b / 127)) + 3        b <= 127
        LA(b) = 3 / 128 (b - 127) + 3             b > 127

    The branches meet at 127 and each is the larger one on its side.

    Example:
        >>> luminance_adaptation(torch.tensor([0.0, 127, 255]).view(3, 1, 1, 1)).flatten().tolist()
        [20.0, 3.0, 6.0]
    """
    dark = (background.clamp(min=DARKEST) / 127).sqrt().mul(-DARK).add_(DARK + LEAST)
    bright = (background - 127).mul_(BRIGHT).add_(LEAST)
    return torch.maximum(dark, bright)


def lifted_adaptation(levels: Plane, padding: Padding) -> Plane:
    """LA of backgrounds rounded down, the dark ones lifted, in levels.

        b = round(32 + 95 bg / 127) if bg <= 127, else bg

    As the programs of Wu et al. 2013 and 2017 have it.
    """
    mean = background(levels, padding).floor_()
    # The lift ends at 127: above it is no longer the larger one.
    lifted = (mean * ((127 - LIFT) / 127)).add_(LIFT + 0.5).floor_()
    return luminance_adaptation(torch.maximum(lifted, mean))
