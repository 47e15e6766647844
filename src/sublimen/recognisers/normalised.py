"""Normalisation as the first layer of a network, so that everybody outside sees [0, 1]."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn
from typing_extensions import override

from sublimen.types import Images, Output


@final
class Normalised(nn.Module):
    """A network behind its normalisation, frozen and in evaluation mode.

        y = f((x - mean) / std),    x in [0, 1], per channel

    Args:
        network: The network f; frozen from now on.
        mean: Subtracted from each channel, in the unit of the image.
        std: Divisor of each channel, in the unit of the image, above 0.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, network: nn.Module, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.network = network
        for name, values in (("mean", mean), ("std", std)):
            self.register_buffer(name, torch.tensor(values).view(1, -1, 1, 1), persistent=False)
        self.requires_grad_(requires_grad=False)
        self.eval()

    @override
    def forward(self, images: Images) -> Output:
        output: Output = self.network((images - self.mean) / self.std)
        return output
