"""Runs of a plan: units of work, many at a time, none lost and none done twice."""

import multiprocessing
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Final

import torch

from sublimen.bench import rows as files
from sublimen.bench.plan import Plan
from sublimen.bench.rows import Header, Rows
from sublimen.bench.unit import Bench, Unit, units
from sublimen.checks import at_least
from sublimen.errors import OutputError, SettingError
from sublimen.photo.versions import versions
from sublimen.recognisers.recogniser import Recogniser
from sublimen.whole_file import write_atomically

UNITS: Final = "units"
"""Folder of the rows of each unit, from which the tables of rows are put together."""

Watch = Callable[[str], None]


def run(
    plan: Plan,
    output: Path,
    *,
    data: Path | None = None,
    workers: int | None = None,
    watch: Watch = lambda _: None,
) -> Rows:
    """Do what of a plan the folder does not hold yet, and write all rows.

    An arm that cannot be run here is a gap in the rows; it is tried again by the next run.

    The rows of a unit are put in place in one step when it is done, so after a kill a unit is
    there whole or not at all. Rows do not depend on the number of workers, times apart.

    Args:
        plan: The plan.
        output: Folder of the run.
        data: Folder of the evaluation data; looked for if needed and not given.
        workers: Processes with one thread each, at least 1; one for each core if not given.
        watch: Told what has been done.

    Raises:
        OutputError: If the folder holds a run of another plan or by other versions, or cannot be
            written to.
        SettingError: If there are too many workers for the memory.
        SublimenError: If anything that the plan names is not there.
    """
    number = os.cpu_count() or 1 if workers is None else workers
    at_least(1, workers=number)
    bench = Bench(plan, data, output)
    _begin(plan, output)
    every = units(plan, len(bench.pictures))
    left = [unit for unit in every if not _done(_place(output, unit))]
    begun = time.monotonic()
    with closing(_performed(left, bench, number)) as performed:
        for done, (unit, found) in enumerate(performed, start=1):
            write_atomically(_place(output, unit), files.to_json(found).encode(), force=True)
            minutes = (time.monotonic() - begun) / done * (len(left) - done) / 60
            place = len(every) - len(left) + done
            watch(f"{place} of {len(every)}: {unit}; about {minutes:.0f} min left")
    parts = [files.from_json(_place(output, unit).read_text("utf-8")) for unit in every]
    together = Rows.joined(parts)
    files.write(output, together)
    for half_written in (output / UNITS).glob(".*"):
        half_written.unlink()
    return together


def _place(output: Path, unit: Unit) -> Path:
    return output / UNITS / f"{unit.name}.json"


def _done(place: Path) -> bool:
    """Whether the rows of a unit are there, without gaps."""
    return place.exists() and not files.from_json(place.read_text("utf-8")).gaps


def _begin(plan: Plan, output: Path) -> None:
    """Make the folder, or make sure that it is that of this run."""
    try:
        (output / UNITS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{output} must be a folder to write to, got: {error.strerror}"
        ) from error
    known = files.read_header(output)
    if known is None:
        begun = date.today().isoformat()
        new = Header(plan=plan, versions=versions(), device="cpu", date=begun)
        files.write_header(output, new)
    elif known.plan != plan:
        raise OutputError(f"{output} must hold a run of this plan, got another; name a new folder")
    elif known.versions != versions():
        raise OutputError(
            f"{output} must hold a run by these versions of the programs, got one by others; "
            "name a new folder"
        )


def _performed(left: Sequence[Unit], bench: Bench, workers: int) -> Generator[tuple[Unit, Rows]]:
    if workers == 1 or len(left) <= 1:
        with _one_thread():
            for unit in left:
                yield unit, bench.perform(unit)
        return
    yield from _by_workers(left, bench, min(workers, len(left)))


def _by_workers(left: Sequence[Unit], bench: Bench, workers: int) -> Generator[tuple[Unit, Rows]]:
    """Units as they are done; whatever ends this ends the workers at once."""
    others = multiprocessing.active_children()
    pool = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=(bench.plan, bench.data, bench.output, _portable(bench.recogniser)),
    )
    try:
        futures = {pool.submit(_perform, unit): unit for unit in left}
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BrokenProcessPool as error:
        raise SettingError(
            f"workers must be few enough for the memory, got {workers}, one of which the system "
            "has ended; run again with fewer, what is done is kept"
        ) from error
    finally:
        for process in multiprocessing.active_children():
            if process not in others:
                process.terminate()
        pool.shutdown()


@contextmanager
def _one_thread() -> Iterator[None]:
    """As in a worker, so that sums are added in the same order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


_BENCH: list[Bench] = []
"""What a worker has loaded."""


def _portable(recogniser: Recogniser) -> bytes | None:
    """The recogniser for other processes, `None` if each has to load its own."""
    try:
        return pickle.dumps(recogniser)
    except (pickle.PicklingError, AttributeError, TypeError):
        return None


def _start(plan: Plan, data: Path | None, output: Path, recogniser: bytes | None) -> None:
    """Load a worker's own copy of everything, and end when the run is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run, which ends its workers
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(1)
    given = None if recogniser is None else pickle.loads(recogniser)
    _BENCH.append(Bench(plan, data, output, given))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _perform(unit: Unit) -> Rows:
    return _BENCH[0].perform(unit)
