"""The first Ctrl-C ends a search with what it has; the second ends the program."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from sublimen.cli.output import people


@contextmanager
def first_interrupt() -> Iterator[Callable[[], bool]]:
    """Listen for Ctrl-C; gives a function that says whether it came.

    Outside the main thread, where Python hears no signals, it never does.
    """
    came = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield came.is_set
        return

    def heard(_number: int, _frame: FrameType | None) -> None:
        if came.is_set():
            raise KeyboardInterrupt
        came.set()
        people().print("finishing with what was found so far; Ctrl-C again to leave at once")

    before = signal.signal(signal.SIGINT, heard)
    try:
        yield came.is_set
    finally:
        signal.signal(signal.SIGINT, before)
