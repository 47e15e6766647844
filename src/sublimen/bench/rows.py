"""What a run consists of: rows of outcomes, qualities and costs, and the header of its files."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias, TypeVar, final

from sublimen.bench import store
from sublimen.bench.plan import Plan, checked
from sublimen.errors import PhotoError
from sublimen.whole_file import write_atomically

HEADER: Final = "run.json"
"""File with the plan, versions, device and date."""

PUBLISHED: Final = "png"
"""The file itself, as against what is made of it."""


@final
@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Whether a file was at the goal when a recogniser was shown it.

    Args:
        arm: The method.
        goal: What the adversary wanted.
        point: Name of the fixed point.
        surrogate: The recogniser that gave gradients.
        victim: The recogniser that was shown the file.
        image: Name of the original.
        file: `png` for the file itself, `jpeg-90` for what JPEG of that quality leaves of it.
        fooled: Whether it was at the goal.
    """

    arm: str
    goal: str
    point: str
    surrogate: str
    victim: str
    image: str
    file: str
    fooled: bool


@dataclass(frozen=True, kw_only=True)
class About:
    """What a row about an image that an arm was run on begins with.

    Args:
        arm: The method.
        goal: What the adversary wanted.
        point: Name of the fixed point.
        surrogate: The recogniser that gave gradients.
        image: Name of the original.
    """

    arm: str
    goal: str
    point: str
    surrogate: str
    image: str


@final
@dataclass(frozen=True, kw_only=True)
class Quality(About):
    """What a metric says of a file against its original.

    Args:
        metric: Name of the metric.
        value: What it says.
    """

    metric: str
    value: float


@final
@dataclass(frozen=True, kw_only=True)
class Cost(About):
    """What a file cost.

    Args:
        gradients: Forward and backward passes.
        forwards: Forward passes alone.
        seconds: Its share, by passes, of the time of the attack on its batch, on one thread.
        cpu_seconds: The same share of the processor's time, which others on the machine do not
            lengthen as much.
    """

    gradients: int
    forwards: int
    seconds: float
    cpu_seconds: float


@final
@dataclass(frozen=True, kw_only=True)
class Gap(About):
    """An image for which an arm could not be run here.

    Args:
        reason: Why not, in one line.
    """

    reason: str


Row: TypeAlias = Outcome | Quality | Cost | Gap
R = TypeVar("R", Outcome, Quality, Cost, Gap)


@final
@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows of a unit of work, or of a whole run.

    Args:
        outcomes: Verdicts.
        qualities: Metrics.
        costs: Passes and seconds.
        gaps: What could not be run.
    """

    outcomes: tuple[Outcome, ...] = ()
    qualities: tuple[Quality, ...] = ()
    costs: tuple[Cost, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @classmethod
    def joined(cls, parts: Sequence["Rows"]) -> "Rows":
        """All rows in order."""
        return cls(
            outcomes=tuple(row for part in parts for row in part.outcomes),
            qualities=tuple(row for part in parts for row in part.qualities),
            costs=tuple(row for part in parts for row in part.costs),
            gaps=tuple(row for part in parts for row in part.gaps),
        )


KINDS: Final[Mapping[str, type[Row]]] = {
    "outcomes": Outcome,
    "qualities": Quality,
    "costs": Cost,
    "gaps": Gap,
}

GAPS: Final = "gaps.csv"
"""The one file that a finished run may lack: it is there if there are gaps."""


def columns(kind: type[Row]) -> tuple[str, ...]:
    """Names of the columns of a file of rows."""
    return tuple(f.name for f in dataclasses.fields(kind))


def _texts(row: Row) -> tuple[str, ...]:
    return tuple(_text(value) for value in dataclasses.astuple(row))


def _text(value: str | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _row(kind: type[R], texts: Mapping[str, str]) -> R:
    types = {f.name: f.type for f in dataclasses.fields(kind)}
    values = {
        name: text == "true" if types[name] is bool else types[name](text)  # type: ignore[operator]
        for name, text in texts.items()
    }
    return kind(**values)  # type: ignore[arg-type]


def write(folder: Path, rows: Rows) -> None:
    """Write `outcomes.csv`, `qualities.csv`, `costs.csv` and, if any, `gaps.csv`.

    Each is written whole or not at all.

    Raises:
        OutputError: If they cannot be written.
    """
    for name, kind in KINDS.items():
        lines = [columns(kind), *(_texts(row) for row in getattr(rows, name))]
        text = "\n".join(",".join(line) for line in lines) + "\n"
        write_atomically(folder / f"{name}.csv", text.encode(), force=True)
    if not rows.gaps:
        (folder / GAPS).unlink()


def read(folder: Path) -> Rows:
    """The rows of a finished run.

    Raises:
        PhotoError: If there are none.
    """
    needed = [f"{name}.csv" for name in KINDS if f"{name}.csv" != GAPS]
    if missing := [name for name in needed if not (folder / name).exists()]:
        raise PhotoError(
            f"{folder} must hold a finished run, got no {missing[0]}; let sublimen bench run "
            "come to its end there"
        )
    return Rows(
        outcomes=_read(folder / "outcomes.csv", Outcome),
        qualities=_read(folder / "qualities.csv", Quality),
        costs=_read(folder / "costs.csv", Cost),
        gaps=_read(folder / GAPS, Gap),
    )


def _read(path: Path, kind: type[R]) -> tuple[R, ...]:
    return tuple(_row(kind, line) for line in store.read(path, columns(kind)))


def to_json(rows: Rows) -> str:
    """The rows of a unit of work as a file holds them."""
    return json.dumps({name: [_texts(row) for row in getattr(rows, name)] for name in KINDS})


def from_json(text: str) -> Rows:
    """The rows that `to_json` has written."""
    table = json.loads(text)

    def parse(name: str, kind: type[R]) -> tuple[R, ...]:
        return tuple(
            _row(kind, dict(zip(columns(kind), line, strict=True))) for line in table[name]
        )

    return Rows(
        outcomes=parse("outcomes", Outcome),
        qualities=parse("qualities", Quality),
        costs=parse("costs", Cost),
        gaps=parse("gaps", Gap),
    )


@final
@dataclass(frozen=True, kw_only=True)
class Header:
    """What a run's files were made of.

    Args:
        plan: The plan, overrides applied.
        versions: Of the programs that took part.
        device: Where it ran.
        date: When it was begun, ISO 8601.
    """

    plan: Plan
    versions: Mapping[str, str]
    device: str
    date: str


def write_header(folder: Path, header: Header) -> None:
    """Write `run.json`.

    Raises:
        OutputError: If it cannot be written.
    """
    text = json.dumps(dataclasses.asdict(header), indent=2, default=str) + "\n"
    write_atomically(folder / HEADER, text.encode(), force=True)


def read_header(folder: Path) -> Header | None:
    """The header of the run in a folder, `None` if it holds none.

    Raises:
        PhotoError: If the file is not one of ours.
    """
    path = folder / HEADER
    if not path.exists():
        return None
    try:
        table = json.loads(path.read_text("utf-8"))
        return Header(
            plan=checked(table["plan"]),
            versions=dict(table["versions"]),
            device=str(table["device"]),
            date=str(table["date"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise PhotoError(f"{path} must be the header of a run, got: {error}") from error
