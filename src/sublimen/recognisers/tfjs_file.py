"""Constants of TensorFlow.js graphs: a JSON file with the graph, and a file with the numbers."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from sublimen.errors import WeightsError

KINDS: Final = {"float32": np.dtype("<f4"), "int32": np.dtype("<i4")}
"""Types of numbers that are read."""

DAMAGE: Final = (KeyError, TypeError, ValueError)
"""What reading raises on JSON of another layout and on numbers that break off."""


def constants(files: Mapping[str, bytes]) -> dict[str, Tensor]:
    """The constants of a graph by the names of their nodes, in the order of the file.

    Args:
        files: The graph, whose name ends in `.json`, and the numbers, whose name ends in `.bin`.

    Raises:
        WeightsError: If it is another pair of files, a damaged one, or one with quantised numbers.
    """
    contents = {name.rpartition(".")[2]: content for name, content in files.items()}
    try:
        described = json.loads(contents["json"])["weightsManifest"]
        return dict(_constants([w for part in described for w in part["weights"]], contents["bin"]))
    except DAMAGE as error:
        raise WeightsError(
            "weights must be a TensorFlow.js graph of floats with its numbers, got other files: "
            f"{type(error).__name__} {error}; get them again"
        ) from error


def converted(
    files: Mapping[str, bytes],
    values: Callable[[Mapping[str, Tensor]], Iterable[Tensor]],
    names: Iterable[str],
    *,
    network: str,
) -> dict[str, Tensor]:
    """The parameters of a network by its own names.

    Args:
        files: The graph and its numbers.
        values: The parameters, in the order of the names, from the constants of the graph.
        names: The network's names.
        network: What the message calls it.

    Raises:
        WeightsError: If the files hold another network.
    """
    found = constants(files)
    try:
        return dict(zip(names, values(found), strict=True))
    except (KeyError, RuntimeError) as error:
        raise WeightsError(
            f"weights of {network} must hold its layers, got others: {error}; "
            "give the files of its package"
        ) from error


def _constants(described: list[Any], numbers: bytes) -> Iterator[tuple[str, Tensor]]:
    start = 0
    for weight in described:
        if "quantization" in weight:
            raise ValueError(f"{weight['name']} is quantised")
        kind, shape = KINDS[weight["dtype"]], weight["shape"]
        count = int(np.prod(shape, dtype=np.int64))
        values = np.frombuffer(numbers, kind, count, start).reshape(shape)
        yield weight["name"], torch.from_numpy(values.copy())
        start += values.nbytes
    if start != len(numbers):
        raise ValueError(f"{len(numbers)} bytes of numbers, expected {start}")
