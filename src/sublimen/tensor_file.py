"""PyTorch files that hold tensors by name, opened without running what they hold."""

import pickle
import warnings
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Final

import torch
from safetensors import SafetensorError
from torch import Tensor

from sublimen.errors import WeightsError

UNREADABLE: Final = (
    pickle.UnpicklingError,
    SafetensorError,
    EOFError,
    IndexError,
    KeyError,
    OSError,
    RuntimeError,
    ValueError,
)
"""What PyTorch and safetensors raise on a file that is none of their own."""


def read_content(path: Path) -> object:
    """What a PyTorch file holds, on the processor.

    Only tensors and what holds them are read: a file cannot run code.

    Raises:
        WeightsError: If there is no such file, or it holds something else.
    """
    if not path.is_file():
        raise WeightsError(f"weights must be a file, got {path}, which is none; check the path")
    return _loaded(path, path.name)


def content_of(data: bytes, name: str) -> object:
    """What a PyTorch file holds that is in memory already, read in the same way.

    Args:
        data: The file.
        name: What the message calls it.

    Raises:
        WeightsError: If it holds something else.
    """
    return _loaded(BytesIO(data), name)


def _loaded(file: Path | BytesIO, name: str) -> object:
    try:
        with warnings.catch_warnings():
            # What PyTorch does not expect it refuses; the warning says so once more.
            warnings.filterwarnings("ignore", "Detected pickle protocol", UserWarning)
            content: object = torch.load(file, map_location="cpu", weights_only=True)
    except UNREADABLE as error:
        raise WeightsError(
            f"{name} must be a PyTorch file that holds tensors alone, got another; "
            "give the file as its authors published it"
        ) from error
    return content


def named_tensors(content: object, path: Path) -> dict[str, Tensor]:
    """The content of a file as tensors by their names.

    Args:
        content: What was read.
        path: Where from.

    Raises:
        WeightsError: If it is something else.
    """
    if not isinstance(content, Mapping) or not all(map(_is_named_tensor, content.items())):
        raise WeightsError(
            f"{path.name} must hold tensors by name, got {type(content).__name__}; "
            "save the state_dict() of the network"
        )
    return dict(content)


def check_shapes(
    tensors: Mapping[str, Tensor], expected: Mapping[str, tuple[int, ...]], *, name: str
) -> None:
    """Refuse tensors that are not exactly those of a network.

    Args:
        tensors: What was read.
        expected: The shape of each tensor.
        name: What the message calls their file.

    Raises:
        WeightsError: Naming the first tensor that is missing, too many or of another shape.
    """
    for key in [*expected, *tensors]:
        wanted = expected.get(key)
        found = tuple(tensors[key].shape) if key in tensors else None
        if found != wanted:
            raise WeightsError(
                f"{name} must hold {_described(wanted)} at {key}, got {_described(found)}; "
                "give the weights of this network"
            )


def _described(shape: tuple[int, ...] | None) -> str:
    if shape is None:
        return "nothing"
    return f"{' x '.join(map(str, shape))} numbers" if shape else "one number"


def _is_named_tensor(item: tuple[object, object]) -> bool:
    name, tensor = item
    return isinstance(name, str) and isinstance(tensor, Tensor)
