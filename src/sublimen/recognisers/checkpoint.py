"""Weights files that hold tensors by name, opened and checked."""

import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from sublimen.errors import WeightsError

UNREADABLE: Final = (
    pickle.UnpicklingError,
    EOFError,
    IndexError,
    KeyError,
    OSError,
    RuntimeError,
    ValueError,
)
"""What PyTorch raises on a file that is none of its own."""

COUNTS: Final = "num_batches_tracked"
"""What batch normalisation counts in training; nothing depends on it afterwards."""


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """The tensors of a PyTorch file by their names, on the processor.

    Only tensors are read: a file cannot run code.

    Raises:
        WeightsError: If there is no such file, or it holds something else.
    """
    if not path.is_file():
        raise WeightsError(f"weights must be a file, got {path}, which is none; check the path")
    try:
        with warnings.catch_warnings():
            # What PyTorch does not expect it refuses; the warning says so once more.
            warnings.filterwarnings("ignore", "Detected pickle protocol", UserWarning)
            content = torch.load(path, map_location="cpu", weights_only=True)
    except UNREADABLE as error:
        raise WeightsError(
            f"{path.name} must be a PyTorch file that holds tensors alone, got another; "
            "give the file as its authors published it"
        ) from error
    if not isinstance(content, Mapping) or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in content.items()
    ):
        raise WeightsError(
            f"{path.name} must hold tensors by name, got {type(content).__name__}; "
            "save the state_dict() of the network"
        )
    return dict(content)


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
