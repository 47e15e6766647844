"""Weights files that hold tensors by name, opened and checked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from torch import Tensor, nn

from sublimen.errors import WeightsError
from sublimen.tensor_file import check_shapes, named_tensors, read_content

COUNTS: Final = "num_batches_tracked"
"""What batch normalisation counts in training; nothing depends on it afterwards."""


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """The tensors of a PyTorch file by their names, on the processor.

    Only tensors are read: a file cannot run code.

    Raises:
        WeightsError: If there is no such file, or it holds something else.
    """
    return named_tensors(read_content(path), path)


def load_strictly(network: nn.Module, tensors: Mapping[str, Tensor], *, name: str) -> None:
    """Give a network its parameters, if they are exactly the ones it has.

    Args:
        network: What is filled.
        tensors: What was read.
        name: What the message calls their file.

    Raises:
        WeightsError: Naming the first tensor that is missing, unexpected, of another shape or not
            finite.
    """
    wanted, found = _parameters(network.state_dict()), _parameters(tensors)
    check_shapes(found, {key: tuple(tensor.shape) for key, tensor in wanted.items()}, name=name)
    for key, tensor in found.items():
        if not tensor.isfinite().all():
            raise WeightsError(f"{name} must hold finite numbers, got others at {key}")
    network.load_state_dict(tensors, strict=False)


def _parameters(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {key: tensor for key, tensor in tensors.items() if not key.endswith(COUNTS)}
