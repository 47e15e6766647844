"""JPEG's example tables of quantisation, and what a quality makes of them."""

from collections.abc import Sequence
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

LUMINANCE: Final = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
"""ITU-T T.81 (1992), table K.1, a row for each vertical frequency."""

CHROMINANCE: Final = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
)
"""The same, table K.2."""


def tables(qualities: Sequence[int]) -> Float[Tensor, "batch 2 8 8"]:
    """Steps of quantisation of luma and of the colour differences, whole numbers of 1 to 255.

        step = floor((entry scale + 50) / 100),    scale = floor(5000 / q) below 50, else 200 - 2 q

    Args:
        qualities: Of each image, as the IJG's library and Pillow count them, 1 to 100.

    Example:
        >>> tables([75])[0, :, 0, :4].tolist()
        [[8.0, 6.0, 5.0, 8.0], [9.0, 9.0, 12.0, 24.0]]
    """
    scales = [5000 // quality if quality < 50 else 200 - 2 * quality for quality in qualities]
    entries = torch.tensor([LUMINANCE, CHROMINANCE]) * torch.tensor(scales).view(-1, 1, 1, 1)
    return ((entries + 50) // 100).clamp(1, 255).float()
