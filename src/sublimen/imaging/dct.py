"""The discrete cosine transform of blocks of 8 x 8 pixels, as JPEG cuts them.

Coefficients are kept as 64 planes with one value per block. They have the same bits for a part of a
picture as for the whole, if it begins on a block.
"""

import math
from typing import Final

from torch import Tensor

from sublimen.imaging.filters import Padding, completed
from sublimen.types import Plane

SIDE: Final = 8
"""Pixels along a side of a block."""

COSINES: Final = tuple(
    tuple(
        math.sqrt((1 if u == 0 else 2) / SIDE) * math.cos((2 * k + 1) * u * math.pi / (2 * SIDE))
        for k in range(SIDE)
    )
    for u in range(SIDE)
)
"""Orthonormal cosines, one in each row."""


def dct_of_blocks(plane: Plane, padding: Padding) -> Tensor:
    """Orthonormal coefficients, vertical x horizontal frequency x batch x rows x columns of blocks.

    A constant block of value v has 8 v at frequency 0, 0 and about nothing elsewhere.

    Args:
        plane: At least 8 pixels on each side.
        padding: What completes the last blocks of a row or column, if anything must.
    """
    whole = completed(plane, SIDE, padding)
    batch, _, height, width = whole.shape
    rows, columns = height // SIDE, width // SIDE
    cosines = whole.new_tensor(COSINES).expand(batch * rows, -1, -1)
    # Each row of blocks is a product of its own, the same for a part of a picture as for the whole.
    vertical = cosines @ whole.reshape(batch * rows, SIDE, width)
    both = vertical.view(batch * rows, SIDE * columns, SIDE) @ cosines.transpose(1, 2)
    return both.view(batch, rows, SIDE, columns, SIDE).permute(2, 4, 0, 1, 3).contiguous()


def side_by_side(blocks: Tensor, height: int, width: int) -> Tensor:
    """Blocks laid out as in the picture, batch x 1 x height x width."""
    laid = blocks.permute(2, 3, 0, 4, 1).flatten(3, 4).flatten(1, 2)
    return laid[:, None, :height, :width]
