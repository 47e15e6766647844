"""Rows of the frontier, in a file that grows by whole units."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final, TypeAlias, final

from sublimen.bench import store
from sublimen.whole_file import write_atomically

Key: TypeAlias = tuple[int, str, float, str]
"""What a unit is called: person, arm, visibility and roles."""

EVERY: Final = "-"
"""The roles of the clean photos, which have none."""


@final
@dataclass(frozen=True, kw_only=True)
class Row:
    """One version of one file before one recogniser.

    Args:
        identity: The person's number.
        arm: The method; `clean` for the photo as it came.
        visibility: JND that were allowed; 0 for `clean`.
        roles: Surrogates and judges of the round; `-` for `clean`.
        recogniser: Who was asked.
        role: `surrogate` or `judge`; `-` for `clean`.
        version: What had become of the file.
        found: Whether the face was detected there; if not, it was read where it had been.
        matches: For each other photo of the person 1 if it matched and 0 if not.
        distance: Mean distance to the other photos over the threshold.
        jnd: JND of the file by the worst optimised meter, the worse of `face` and `fit`.
        jnd_unseen: JND by the worst meter that no arm follows, in that viewing; NaN without one.
        jnd_unseen_desk: The same at 1:1.
        jnd_unseen_worst: The same in the worst of all viewings.
        psnr: Of the file, in decibels; infinite if nothing differs.
        seconds: Time that making the file took.
    """

    identity: int
    arm: str
    visibility: float
    roles: str
    recogniser: str
    role: str
    version: str
    found: bool
    matches: str
    distance: float
    jnd: float
    jnd_unseen: float
    jnd_unseen_desk: float
    jnd_unseen_worst: float
    psnr: float
    seconds: float

    @property
    def key(self) -> Key:
        """The unit that it belongs to."""
        return self.identity, self.arm, self.visibility, self.roles


COLUMNS: Final = tuple(field.name for field in fields(Row))


def append(path: Path, unit: Sequence[Row]) -> None:
    """Add the rows of a unit in one write, and see that they are on the disk."""
    store.append(path, COLUMNS, [_line(row) for row in unit])
    with path.open("rb") as file:
        os.fsync(file.fileno())


def read(path: Path, lengths: Mapping[str, int]) -> list[Row]:
    """The rows of the units that are whole; what a kill has left of another is dropped.

    Args:
        path: The file; none if it is not there.
        lengths: How many rows a unit has, by its roles.

    Raises:
        PhotoError: If it holds something else.
    """
    if not path.exists():
        return []
    text = path.read_bytes()
    whole = text[: text.rfind(b"\n") + 1]
    if whole != text:
        write_atomically(path, whole, force=True)
    if not whole:
        path.unlink()
        return []
    rows = [_row(line) for line in store.read(path, COLUMNS)]
    counts = Counter(row.key for row in rows)
    kept = [row for row in rows if counts[row.key] == lengths.get(row.roles)]
    if len(kept) < len(rows):
        path.unlink()
        store.append(path, COLUMNS, [_line(row) for row in kept])
    return kept


def _line(row: Row) -> list[str]:
    values = (getattr(row, name) for name in COLUMNS)
    return [f"{value:.5g}" if isinstance(value, float) else str(value) for value in values]


def _row(line: Mapping[str, str]) -> Row:
    return Row(
        identity=int(line["identity"]),
        arm=line["arm"],
        visibility=float(line["visibility"]),
        roles=line["roles"],
        recogniser=line["recogniser"],
        role=line["role"],
        version=line["version"],
        found=line["found"] == str(True),
        matches=line["matches"],
        distance=float(line["distance"]),
        jnd=float(line["jnd"]),
        jnd_unseen=float(line["jnd_unseen"]),
        jnd_unseen_desk=float(line["jnd_unseen_desk"]),
        jnd_unseen_worst=float(line["jnd_unseen_worst"]),
        psnr=float(line["psnr"]),
        seconds=float(line["seconds"]),
    )
