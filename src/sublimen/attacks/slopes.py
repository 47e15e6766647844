"""Gradients with respect to the images alone, one per image."""

from collections.abc import Callable

import torch
from torch import Tensor

from sublimen.errors import ModelError
from sublimen.types import Images, PerImage, Reached, Rows


def check_differentiable(loss: Tensor) -> None:
    """Refuse a loss that does not depend on the images in a way that autograd sees.

    Raises:
        ModelError: Saying what to do.
    """
    if not loss.requires_grad:
        raise ModelError(
            "model must be differentiable with respect to the images, got an output without a "
            "gradient; call it without torch.no_grad and without numpy"
        )


def descend(loss: PerImage, points: Images, down: Reached, *, retain: bool = False) -> Images:
    """Gradients of some of the losses, zero for the others.

    Args:
        loss: One for each point.
        points: Where the gradients are taken.
        down: Which are wanted.
        retain: Whether the graph is needed again.
    """
    if not down.any():
        return torch.zeros_like(points)
    with torch.enable_grad():
        slopes: Images
        (slopes,) = torch.autograd.grad(loss[down].sum(), points, retain_graph=retain)
    return slopes


def slopes_at(loss: Callable[[Images, Rows], PerImage], points: Images, rows: Rows) -> Images:
    """Gradients of a loss at some points."""
    with torch.enable_grad():
        points = points.detach().requires_grad_()
        slopes: Images
        (slopes,) = torch.autograd.grad(loss(points, rows).sum(), points)
    return slopes
