"""The run of a frontier: person after person, every arm at every visibility, judged as a file."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, Literal, TypeAlias, final

from sublimen.bench import frontier_rows as rows_of
from sublimen.bench.frontier_people import Subject, subjects, uncropped
from sublimen.bench.frontier_plan import FrontierPlan, Round, possible
from sublimen.bench.frontier_rows import EVERY, Row
from sublimen.bench.frontier_unit import Bench
from sublimen.bench.plan import validated
from sublimen.bench.results import writable
from sublimen.errors import OutputError, PhotoError
from sublimen.photo.versions import versions
from sublimen.recognisers import store
from sublimen.recognisers.installed import embedder, installed
from sublimen.recognisers.mtcnn import NAME as MTCNN
from sublimen.visibility.answer import Observer
from sublimen.whole_file import write_atomically

ROWS: Final = "frontier.csv"
"""The rows of a run."""

HEADER: Final = "run.json"
"""Plan, versions and date of a run."""

Landmarks: TypeAlias = Literal["dlib", "mtcnn"]
"""Who finds the points of a face."""

Watch: TypeAlias = Callable[[str], None]


@final
@dataclass(frozen=True, kw_only=True)
class Header:
    """What a run is.

    Args:
        plan: What was asked for.
        rounds: What of it could be run.
        versions: Versions of the programs.
        landmarks: Who finds the points of a face for the recognisers of the ArcFace template.
        made: Date of its beginning.
    """

    plan: FrontierPlan
    rounds: tuple[Round, ...]
    versions: dict[str, str]
    landmarks: Landmarks = "dlib"
    made: str = field(default_factory=lambda: date.today().isoformat())


@final
@dataclass(frozen=True, kw_only=True)
class Run:
    """A run that lies in a folder.

    Args:
        header: What it is.
        rows: What was found.
    """

    header: Header
    rows: list[Row]


def run(plan: FrontierPlan, output: Path, *, data: Path, watch: Watch) -> Run:
    """Do what of a plan the folder does not hold yet.

    After a kill a unit, that is a person under an arm at a visibility and in a round, is there
    whole or not at all. A person goes through all arms before the next, so that what is there of a
    run that was ended is balanced.

    Args:
        plan: The plan.
        output: Folder of the run.
        data: Folder of the evaluation data.
        watch: Told what has been done.

    Raises:
        PhotoError: If the data is not there.
        SettingError: If the recognisers of no round are installed.
        MissingExtraError: If dlib or a meter that counts is not installed.
        WeightsError: If the weights of a recogniser are not what they should be.
        OutputError: If the folder holds another run, or cannot be written to.
    """
    rounds, missing = possible(plan, installed())
    for one in missing:
        watch(f"left out, a recogniser is not installed: {one.roles}")
    with writable(output):
        known = _header(output)
    landmarks: Landmarks = "mtcnn" if store.installed(MTCNN) else "dlib"
    new = Header(plan=plan, rounds=rounds, versions=versions(), landmarks=landmarks)
    _begin(new, known, output)
    done = {row.key for row in read(output).rows}
    names = dict.fromkeys(name for one in rounds for name in one.names)
    bench = Bench(
        plan=plan,
        rounds=rounds,
        networks={name: embedder(name) for name in names},
        observer=Observer.of(),
        data=data,
    )
    for place, subject in enumerate(_people(plan, data), start=1):
        for unit in bench.units(subject, done):
            with writable(output):
                rows_of.append(output / ROWS, unit)
            _, arm, visibility, roles = unit[0].key
            who = f"person {place} of {plan.identities}"
            watch(f"{who}: {arm}, {visibility:g} JND, {roles}; {unit[0].seconds:.0f} s")
    return read(output)


def _people(plan: FrontierPlan, data: Path) -> Iterator[Subject]:
    if plan.source == "uncropped":
        return uncropped(data, count=plan.identities)
    return subjects(data, count=plan.identities, others=plan.others, seed=plan.seed)


def read(output: Path) -> Run:
    """The run in a folder.

    Raises:
        PhotoError: If there is none.
    """
    header = _header(output)
    if header is None:
        raise PhotoError(f"{output} must hold a run of the frontier, got no {HEADER}")
    rows = rows_of.read(output / ROWS, lengths(header.plan, header.rounds))
    return Run(header=header, rows=rows)


def lengths(plan: FrontierPlan, rounds: tuple[Round, ...]) -> dict[str, int]:
    """How many rows a unit has, by its roles."""
    everybody = {name for one in rounds for name in one.names}
    asked = {EVERY: len(everybody), **{one.roles: len(one.names) for one in rounds}}
    return {roles: number * len(plan.versions) for roles, number in asked.items()}


def _header(output: Path) -> Header | None:
    path = output / HEADER
    if not path.exists():
        return None
    try:
        return validated(Header, json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError) as error:
        raise PhotoError(f"{path} must be the head of a frontier, got something else") from error


def _begin(new: Header, known: Header | None, output: Path) -> None:
    """Write the head of a run, or make sure that the folder holds this one."""
    if known is None:
        text = json.dumps(asdict(new), indent=2, allow_nan=False)
        write_atomically(output / HEADER, (text + "\n").encode(), force=True)
        return
    for part in ("plan", "rounds", "versions", "landmarks"):
        if getattr(known, part) != getattr(new, part):
            raise OutputError(
                f"{output} must hold a run of the same {part}, got another; name a new folder"
            )
