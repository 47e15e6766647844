"""Rows of measurements in a file that grows while a study runs."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sublimen.errors import PhotoError


def append(path: Path, columns: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    """Add lines in one write, with the head if the file is new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = [] if path.exists() else [",".join(columns)]
    written += [",".join(line) for line in lines]
    with path.open("a", encoding="utf-8") as file:
        file.write("\n".join(written) + "\n")


def read(path: Path, columns: Sequence[str]) -> list[Mapping[str, str]]:
    """The lines of a file, none if it is not there.

    Raises:
        PhotoError: If it holds something else.
    """
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != tuple(columns):
            raise PhotoError(f"{path} must have the columns {', '.join(columns)}")
        return list(reader)
