"""Weights files that hold tensors by name, opened and checked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from torch import Tensor, nn

from sublimen.errors import WeightsError
from sublimen.tensor_file import named_tensors, read_content

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
    wanted, found = _shapes(network.state_dict()), _shapes(tensors)
    for key in [*wanted, *found]:
        if found.get(key) != wanted.get(key):
            raise WeightsError(
                f"{name} must hold {_described(wanted.get(key))} at {key}, "
                f"got {_described(found.get(key))}; give the weights of this network"
            )
    for key in found:
        if not tensors[key].isfinite().all():
            raise WeightsError(f"{name} must hold finite numbers, got others at {key}")
    network.load_state_dict(tensors, strict=False)


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {key: tuple(t.shape) for key, t in tensors.items() if not key.endswith(COUNTS)}


def _described(shape: tuple[int, ...] | None) -> str:
    return "nothing" if shape is None else f"{' x '.join(map(str, shape))} numbers"
