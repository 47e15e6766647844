"""Weights files that the user brings, opened and checked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from torch import Tensor

from sublimen.tensor_file import named_tensors, read_content

WRAPPERS: Final = ("state_dict", "model", "params")
"""Names under which training programs store the tensors beside other things."""

PARALLEL: Final = "module."
"""What PyTorch puts before each name when a network was trained on several devices."""


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a PyTorch file by their names, on the processor.

    Only tensors are read: a file cannot run code.

    Args:
        path: What `torch.save` has written: tensors by name, or those under one of `WRAPPERS`.

    Raises:
        WeightsError: If there is no such file, or it holds something else.
    """
    content = read_content(path)
    for wrapper in WRAPPERS:
        if isinstance(content, Mapping) and isinstance(content.get(wrapper), Mapping):
            content = content[wrapper]
    tensors = named_tensors(content, path)
    return {name.removeprefix(PARALLEL): tensor for name, tensor in tensors.items()}
