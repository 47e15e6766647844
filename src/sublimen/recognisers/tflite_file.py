"""Constants of TensorFlow Lite files, read by the files' schema and nothing else."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
import torch
from torch import Tensor

from sublimen.checks import need
from sublimen.errors import WeightsError

EXTRA: Final = "weights"
"""Extra that brings the schema."""

KINDS: Final = {0: np.dtype("<f4"), 2: np.dtype("<i4")}
"""Types of numbers that are read, by their number in the schema."""

DAMAGE: Final = (AttributeError, IndexError, KeyError, TypeError, ValueError, struct.error)
"""What the reader raises on a file that breaks off or points nowhere."""


@final
@dataclass(frozen=True)
class Constant:
    """Numbers that an operator of a graph takes from the file.

    Args:
        operator: Name of the operator, such as `CONV_2D`.
        values: The numbers, in the order of the file: channels last.
    """

    operator: str
    values: Tensor

    @property
    def numeric(self) -> bool:
        """Whether they are parameters, and not a shape."""
        return self.values.is_floating_point()


def constants(content: bytes) -> list[Constant]:
    """What the operators of the first graph take from the file, in the order of the graph.

    Args:
        content: The file.

    Raises:
        MissingExtraError: If the schema is not installed.
        WeightsError: If it is another file, a damaged one, or one with quantised numbers.
    """
    tflite = need("tflite", extra=EXTRA)
    if content[4:8] != b"TFL3":
        raise WeightsError("weights must be a TensorFlow Lite file, got another; check the path")
    try:
        model = tflite.Model.GetRootAsModel(content, 0)
        return list(_constants(model, _names(tflite)))
    except DAMAGE as error:
        raise WeightsError(
            f"weights must be a whole TensorFlow Lite file of floats, got another: {error}; "
            "get it again"
        ) from error


def _constants(model: Any, names: dict[int, str]) -> Iterator[Constant]:  # noqa: ANN401
    graph = model.Subgraphs(0)
    for place in range(graph.OperatorsLength()):
        operator = graph.Operators(place)
        code = model.OperatorCodes(operator.OpcodeIndex())
        # Files older than the wide codes hold theirs in the narrow field alone.
        name = names[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        for index in operator.InputsAsNumpy():
            tensor = graph.Tensors(int(index))
            buffer = model.Buffers(tensor.Buffer())
            if buffer.DataLength():
                yield Constant(name, _values(tensor, buffer.DataAsNumpy()))


def _values(tensor: Any, data: np.ndarray) -> Tensor:  # noqa: ANN401 -- tflite has no types
    numbers = np.frombuffer(data.tobytes(), KINDS[tensor.Type()])
    return torch.from_numpy(numbers.reshape(tensor.ShapeAsNumpy()).copy())


def _names(tflite: Any) -> dict[int, str]:  # noqa: ANN401 -- tflite has no types
    operators = vars(tflite.BuiltinOperator)
    return {value: name for name, value in operators.items() if isinstance(value, int)}
