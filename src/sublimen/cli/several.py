"""Several photos at the same time, in processes of their own, with results in order."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, final, runtime_checkable

import torch

from sublimen.errors import OutputError
from sublimen.photo.result import Protection


@final
@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one photo.

    Args:
        protection: What was done; `None` if the photo could not be used.
        problem: Why not, in one sentence; also what went wrong after the file was saved.
        report: The page that was written beside the result.
    """

    protection: Protection | None = None
    problem: str | None = None
    report: Path | None = None


@runtime_checkable
class Worker(Protocol):
    """Whoever does the work, the same for all photos; what it loads it keeps."""

    def outcome(self, photo: Path) -> Outcome:
        """Do one photo."""


_workers: list[Worker] = []


def in_order(worker: Worker, photos: Sequence[Path], jobs: int) -> Iterator[Outcome]:
    """Outcomes in the order of the photos, each as soon as those before it are there.

    Each process loads its models once, and all share the processors. Ctrl-C ends the processes;
    what they were writing is removed.

    Args:
        worker: Copied into each process.
        photos: What is to be done.
        jobs: How many processes, at least 1.

    Raises:
        OutputError: If a process ends before its photo is done.
    """
    threads = max(1, torch.get_num_threads() // jobs)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        jobs, mp_context=context, initializer=_start, initargs=(worker, threads)
    ) as pool:
        futures = _submitted(pool, photos)
        try:
            for future in futures:
                yield future.result()
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()
            raise
        except BrokenProcessPool as error:
            raise OutputError(
                f"each of {jobs} processes must have memory for a photo, got one that ended before "
                "its photo was done; run the photos that are missing with fewer --jobs"
            ) from error


def _submitted(pool: ProcessPoolExecutor, photos: Sequence[Path]) -> list[Future[Outcome]]:
    """Start the processes deaf to Ctrl-C, which this process hears for them."""
    hearing = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return [pool.submit(_work, photo) for photo in photos]
    finally:
        signal.signal(signal.SIGINT, hearing)


def _start(worker: Worker, threads: int) -> None:
    """Get a process ready."""
    torch.set_num_threads(threads)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    _workers.append(worker)


def _work(photo: Path) -> Outcome:
    """Do one photo; asked to end, clean up and end."""
    try:
        return _workers[0].outcome(photo)
    except SystemExit:
        os._exit(128 + signal.SIGTERM)
