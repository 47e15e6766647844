"""Lengths of changes and gradients, one for each image, and how they are set."""

import math

import torch

from sublimen.types import Images, PerImage


def lengths(changes: Images, order: float = 2.0) -> PerImage:
    """The norm of each change: Euclidean, or of another order such as infinity."""
    found: PerImage = torch.linalg.vector_norm(changes.flatten(1), ord=order, dim=1)
    return found


def times(images: Images, numbers: PerImage) -> Images:
    """Each image times its own number."""
    return images * numbers.view(-1, 1, 1, 1)


def unit_maximum(gradient: Images) -> Images:
    """Each image's gradient divided by its largest magnitude; zero stays zero."""
    largest = gradient.abs().flatten(1).amax(dim=1).view(-1, 1, 1, 1)
    return gradient / torch.where(largest > 0, largest, 1)


def unit_length(gradient: Images) -> Images:
    """Each image's gradient divided by its Euclidean length; zero stays zero.

    The largest magnitude is taken out first: squares of a slope as flat as 1e-25 would be zero.

    Example:
        >>> unit_length(torch.tensor([[[[3e-30, -4e-30]]]])).flatten().tolist()
        [0.6000000238418579, -0.800000011920929]
    """
    scaled = unit_maximum(gradient)
    length = lengths(scaled)
    return times(scaled, 1 / torch.where(length > 0, length, 1))


def annealed(turn: float, turns: float, first: float, last: float) -> float:
    """A number that falls along half a cosine: `first` in turn 0, `last` after all turns.

    Example:
        >>> [round(annealed(turn, 4, 1.0, 0.0), 3) for turn in range(4)]
        [1.0, 0.854, 0.5, 0.146]
    """
    return last + (first - last) * (1 + math.cos(math.pi * turn / turns)) / 2
