"""Reader of the tensors in the files that dlib's `serialize` writes for its networks.

An integer is a control byte (low nibble: number of bytes, top bit: sign) and that many bytes,
least significant first. A string is its length as such an integer and its bytes. A tensor is the
integer 2, four sizes and its values as little-endian float32. Layers stand in forward order.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, final

import numpy as np
import torch
from torch import Tensor

from sublimen.errors import WeightsError

LAYERS: Final = re.compile(rb"\x01\x05con_4|\x01\x07affine_|\x01\x04fc_2")
"""Names of the layers that hold parameters, each with its length before it."""


@final
@dataclass(frozen=True)
class Record:
    """One layer with parameters.

    Args:
        kind: `con_4`, `affine_` or `fc_2`.
        values: Its parameters, flat, float32.
        settings: The integers around them: for `con_4` filters, rows, columns, stride and padding
            down and across; for `fc_2` outputs and inputs.
    """

    kind: str
    values: Tensor
    settings: tuple[int, ...]


def records(data: bytes) -> Iterator[Record]:
    """The layers of a serialised network that hold parameters, in forward order.

    Raises:
        WeightsError: If the bytes end too early or do not follow the format.
    """
    place = 0
    while (match := LAYERS.search(data, place)) is not None:
        reader = Reader(data, match.end())
        kind = match.group()[2:].decode()
        before = tuple(reader.integer() for _ in range(2)) if kind == "fc_2" else ()
        values = reader.tensor()
        after = tuple(reader.integer() for _ in range(7)) if kind == "con_4" else ()
        yield Record(kind, values, before + after)
        place = reader.place


@final
class Reader:
    """A place in serialised bytes.

    Args:
        data: All bytes.
        place: Where to go on.
    """

    def __init__(self, data: bytes, place: int = 0) -> None:
        self.data = data
        self.place = place

    def take(self, count: int) -> bytes:
        """The next bytes."""
        taken = self.data[self.place : self.place + count]
        if len(taken) < count:
            raise WeightsError(
                f"weights must hold {count} more bytes at {self.place}, got {len(taken)}; "
                "the file is cut off"
            )
        self.place += count
        return taken

    def integer(self) -> int:
        """The next integer."""
        control = self.take(1)[0]
        size = control & 0x0F
        if not 0 < size <= 8 or control & 0x70:
            raise WeightsError(f"weights must hold an integer at {self.place - 1}, got {control}")
        magnitude = int.from_bytes(self.take(size), "little")
        return -magnitude if control & 0x80 else magnitude

    def tensor(self) -> Tensor:
        """The values of the next tensor, flat."""
        version = self.integer()
        if version != 2:
            raise WeightsError(f"weights must hold tensors of version 2, got {version}")
        count = int(np.prod([self.integer() for _ in range(4)], dtype=np.int64))
        return torch.from_numpy(np.frombuffer(self.take(4 * count), dtype="<f4").copy())
