"""Dropping of information."""

import math
from dataclasses import dataclass
from typing import ClassVar, Final, final

import torch
from torch import Tensor
from typing_extensions import override

from sublimen.attacks.base import Attack
from sublimen.attacks.search import Search
from sublimen.checks import at_least, check_images, fraction, positive
from sublimen.errors import SettingError
from sublimen.imaging.dct import COSINES, SIDE, dct_of_blocks
from sublimen.types import LEVELS, Images

GREY: Final = 128
"""Level that is taken off before the transform, as in JPEG."""

SMALLEST: Final = 5
"""Least side in pixels of which a block can be completed by reflection."""


@final
@dataclass(frozen=True, kw_only=True)
class AdvDrop(Attack):
    """Steps of the quantisation of each block's frequencies: detail is dropped, none is added.

        z_k = clip(IDCT(q_k S_s(c / q_k))),    c = DCT(x)
        q_{k+1} = clip_{[finest, coarsest]}(q_k - a sign(dL(z_k) / dq)),    q_0 = coarsest
        S_s(v) = floor(v) + (1 + tanh(k (v - floor(v) - 1/2)) / (1 - s)) / 2,   k = log(2 / s - 1)

    where L is lowered by the adversary, c are the cosine coefficients of blocks of 8 x 8 samples
    of each channel in 8-bit levels, q has a number for every coefficient, and the softness s of
    the rounding falls to 0 in even steps. An image leaves at the first z that is at the goal.
    Sides that are no multiples of 8 are completed by reflection.

    Args:
        steps: Number of steps, at least 1.
        coarsest: Largest quantisation, from which the search starts, in 8-bit levels, above 0.
        finest: Smallest quantisation, in the same unit, in (0, coarsest].
        step_size: Step a of the quantisation, in the same unit, above 0.
        softness: First softness s, in (0, 1).

    References:
        Duan, Chen, Niu, Yang, Qin, He, "AdvDrop: adversarial attack to DNNs by dropping
        information", ICCV 2021, section 3; settings of the authors' program for classes. There a
        batch goes on until all of it is at the goal.
    """

    name: ClassVar[str] = "adv-drop"

    steps: int = 100
    coarsest: float = 10.0
    finest: float = 5.0
    step_size: float = 1.0
    softness: float = 0.1

    def __post_init__(self) -> None:
        at_least(1, steps=self.steps)
        positive(coarsest=self.coarsest, finest=self.finest, step_size=self.step_size)
        fraction(softness=self.softness)
        if self.softness == 1:
            raise SettingError("softness must be in (0, 1), got 1")
        if self.finest > self.coarsest:
            raise SettingError(
                f"finest must be at most coarsest, {self.coarsest}, got {self.finest}"
            )

    @override
    def perturb(self, search: Search) -> None:
        images = search.images
        check_images(images, minimum_size=SMALLEST)
        search.judge(images)
        coefficients = frequencies(images)
        tables = torch.full_like(coefficients, self.coarsest)
        for turn in search.rounds(self.steps):
            softness = self.softness * (1 - turn / self.steps)
            with torch.enable_grad():
                tables = tables.detach().requires_grad_()
                dropped = picture(tables * soft_round(coefficients / tables, softness), images)
            (slopes,) = torch.autograd.grad(dropped, tables, search.gradient(dropped))
            tables = tables.detach() - self.step_size * slopes.sign()
            tables = tables.clamp(self.finest, self.coarsest)
        search.finish(picture(tables * (coefficients / tables).round(), images))


def soft_round(values: Tensor, softness: float) -> Tensor:
    """Rounding to whole numbers with a slope everywhere; whole numbers stay.

    Args:
        values: Any numbers.
        softness: How far from a step, in (0, 1): near 0 it is rounding, near 1 the identity.

    References:
        Gong et al., "Differentiable soft quantization: bridging full-precision and low-bit neural
        networks", ICCV 2019, eqs. (3) to (7).
    """
    below = values.floor()
    steepness = math.log(2 / softness - 1)
    return below + (1 + torch.tanh(steepness * (values - below - 0.5)) / (1 - softness)) / 2


def frequencies(images: Images) -> Tensor:
    """Cosine coefficients of the blocks of each channel, in 8-bit levels.

    Returns:
        Vertical x horizontal frequency x (batch channel) x rows x columns of blocks.
    """
    planes = (images * LEVELS - GREY).flatten(0, 1)[:, None]
    return dct_of_blocks(planes, "reflect")


def picture(coefficients: Tensor, like: Images) -> Images:
    """The images that have these coefficients, in [0, 1], as large as others."""
    _, _, planes, rows, columns = coefficients.shape
    cosines = coefficients.new_tensor(COSINES).expand(planes * rows, -1, -1)
    laid = coefficients.permute(2, 3, 0, 4, 1).reshape(planes * rows, SIDE, columns * SIDE)
    # Each row of blocks is a product of its own, the same for a part as for the whole.
    vertical = cosines.transpose(1, 2) @ laid
    levels = vertical.view(planes * rows, SIDE * columns, SIDE) @ cosines
    whole = levels.view(*like.shape[:2], rows * SIDE, columns * SIDE)
    height, width = like.shape[2:]
    return ((whole[..., :height, :width] + GREY) / LEVELS).clamp(0, 1)
