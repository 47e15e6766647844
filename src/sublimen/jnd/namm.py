"""The nonlinear additivity model for masking: two effects in one place overlap."""

from typing import Final

import torch

from sublimen.types import Plane

OVERLAP: Final = 0.3
"""Share of the smaller effect that is not counted twice, for luma."""


def overlap(one: Plane, other: Plane, gain: float = OVERLAP) -> Plane:
    """One + other - gain min(one, other).

    References:
        Yang, Ling, Lu, Ong, Yao, "Just noticeable distortion model and its applications in video
        coding", Signal Processing: Image Communication 20, 2005, eq. (2).
    """
    return (one + other).sub_(torch.minimum(one, other), alpha=gain)
