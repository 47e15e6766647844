"""How results are printed: JSON lines and tables to stdout, everything else to stderr."""

import json
import sys
from dataclasses import asdict, is_dataclass
from typing import Any

from rich.console import Console
from rich.table import Table


def people() -> Console:
    """Where sentences and progress go."""
    return Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:  # noqa: ANN401 -- whatever JSON can hold
    """Print one JSON object on a line of its own."""
    plain = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
    sys.stdout.write(json.dumps(plain, allow_nan=False) + "\n")
    sys.stdout.flush()


def print_table(table: Table) -> None:
    """Print a table on stdout."""
    Console(highlight=False).print(table)
