"""What a search tells an attack about its candidates."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from sublimen.attacks.goal import Goal
from sublimen.types import Images, Output, PerImage, Reached, Rows, Ways

Penalty: TypeAlias = Callable[[Images, Rows], PerImage]
"""A further loss of some candidates, given their places in the batch."""

Measure: TypeAlias = Callable[[Goal, Output], PerImage]
"""What of an output a gradient is taken of, in place of the goal's loss."""


def loss(goal: Goal, output: Output) -> PerImage:
    """The goal's loss."""
    return goal.loss(output)


def excess(goal: Goal, output: Output) -> PerImage:
    """By how much the goal is missed."""
    return goal.excess(output)


def soft_slope(goal: Goal, output: Output) -> PerImage:
    """The excess, with the slope of the soft one."""
    soft = goal.soft_excess(output)
    return goal.excess(output).detach() + soft - soft.detach()


def relative_excess(goal: Goal, output: Output) -> PerImage:
    """The excess over its scale: for classes the difference-of-logits ratio."""
    return goal.excess(output) / goal.scale(output)


def every_way(goal: Goal, output: Output) -> Ways:
    """The excess along each way to the goal."""
    return goal.ways(output)


def along(way: int) -> Measure:
    """The excess along one of the ways to the goal."""
    return lambda goal, output: goal.ways(output)[:, way]


@final
@dataclass(frozen=True, eq=False)
class Look:
    """One look at a candidate of each image; zero and false for those that have left.

    Args:
        gradient: Slope of the measure in each sample.
        value: The measure.
        reached: Whether the candidate is at the goal: as it would be published where that was
            asked, else by the output.
    """

    gradient: Images
    value: PerImage
    reached: Reached


@final
@dataclass(frozen=True, eq=False)
class Glance:
    """A look without a gradient.

    Args:
        excess: By how much the goal is missed.
        reached: As in `Look`.
    """

    excess: PerImage
    reached: Reached


@final
@dataclass(frozen=True, eq=False)
class Directions:
    """The ways from a candidate of each image to the goal.

    Args:
        values: The excess along each way.
        gradients: Its slopes, ways x batch x channel x height x width.
        reached: As in `Look`.
    """

    values: Ways
    gradients: Float[Tensor, "ways batch channel height width"]
    reached: Reached


def spread(values: Tensor, rows: Rows, batch: int) -> Tensor:
    """Values of some images as those of a whole batch, zero for the others."""
    if len(rows) == batch:
        return values
    return values.new_zeros(batch, *values.shape[1:]).index_copy(0, rows, values)


def among(rows: Rows, chosen: Reached) -> Int[Tensor, " among"]:
    """Those of the rows that are chosen in the whole batch."""
    return rows[torch.index_select(chosen, 0, rows)]
