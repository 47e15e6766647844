"""Ctrl-C once and twice."""

import os
import signal
import threading

import pytest

from sublimen.cli.interrupt import first_interrupt


def test_the_first_is_noted_and_the_second_ends_the_program(capsys):
    with first_interrupt() as came:
        before = came()
        os.kill(os.getpid(), signal.SIGINT)
        after = came()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)

    assert (before, after) == (False, True)
    assert "finishing with what was found so far" in capsys.readouterr().err


def test_afterwards_it_is_as_before():
    before = signal.getsignal(signal.SIGINT)

    with first_interrupt():
        assert signal.getsignal(signal.SIGINT) is not before

    assert signal.getsignal(signal.SIGINT) is before


def test_another_thread_never_hears_it():
    heard = []

    def ask():
        with first_interrupt() as came:
            heard.append(came())

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()

    assert heard == [False]
