"""Networks so small that a whole bench runs in seconds."""

import os
import signal

import torch
from torch import Tensor, nn

from sublimen.checks import need

CLASSES = 6


class Tiny(nn.Module):
    """Six classes told apart by smooth random patterns, so that clouds lie on every side."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(7)
        coarse = torch.randn(CLASSES, 3, 8, 8, generator=generator)
        self.register_buffer("patterns", coarse)

    def forward(self, images: Tensor) -> Tensor:
        small = nn.functional.adaptive_avg_pool2d(images, 8) - 0.5
        return torch.einsum("nchw,kchw->nk", small, self.patterns) * 4


def network() -> Tiny:
    """What plans name as `tests.bench.tiny:network`."""
    return Tiny().eval()


class Failing(Tiny):
    """Gives up in its third forward pass, by an error or as if memory had run out."""

    def __init__(self, *, at_once: bool) -> None:
        super().__init__()
        self.passes = 0
        self.at_once = at_once

    def forward(self, images: Tensor) -> Tensor:
        self.passes += 1
        if self.passes == 3:
            if self.at_once:
                os.kill(os.getpid(), signal.SIGKILL)
            raise ArithmeticError("third pass")
        return super().forward(images)


def failing() -> Failing:
    """A network that raises an error."""
    return Failing(at_once=False)


def fatal() -> Failing:
    """A network that ends its process."""
    return Failing(at_once=True)


def missing(model):
    """Makes an attack of a library that nobody has."""
    return need("missing_library", extra="peers").Attack(model)


def away(model):
    """Makes another library's attack that knows no wanted classes, and changes nothing."""
    del model
    return lambda images, _classes: images
