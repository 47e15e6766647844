import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sublimen.cli.several import Outcome, in_order
from sublimen.errors import OutputError


@dataclass
class Slow:
    """The first photo takes longest; how often a process was asked is counted in its own memory."""

    asked: list[Path] = field(default_factory=list)

    def outcome(self, photo):
        self.asked.append(photo)
        time.sleep(0.3 if photo.name == "0" else 0.0)
        return Outcome(problem=f"{photo} {os.getpid()} {len(self.asked)}")


class Dying:
    def outcome(self, _photo):
        os._exit(9)


def test_outcomes_come_in_order_from_processes_that_keep_what_they_loaded():
    photos = [Path(str(number)) for number in range(6)]

    said = [outcome.problem.split() for outcome in in_order(Slow(), photos, 2)]

    assert [name for name, _, _ in said] == [photo.name for photo in photos]
    processes = {process for _, process, _ in said}
    assert str(os.getpid()) not in processes
    assert len(processes) <= 2
    assert max(int(count) for _, _, count in said) > 1


def test_a_process_that_ends_too_early_is_one_sentence():
    with pytest.raises(OutputError, match="with fewer --jobs"):
        list(in_order(Dying(), [Path("a"), Path("b")], 2))


SCRIPT = """
import signal, sys, time
from pathlib import Path
from sublimen.cli.several import Outcome, in_order

class Writing:
    def outcome(self, photo):
        part = photo.with_suffix(".part")
        part.touch()
        try:
            time.sleep(60)
        finally:
            part.unlink()
        return Outcome()

if __name__ == "__main__":
    # Whoever started the tests in the background has made them deaf to it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        list(in_order(Writing(), [Path(p) for p in sys.argv[1:]], 2))
    except KeyboardInterrupt:
        sys.exit(130)
"""


def test_ctrl_c_ends_every_process_and_leaves_nothing_half_written(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, str(script), *(str(tmp_path / f"{k}.png") for k in range(3))]
    with subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE) as running:
        deadline = time.monotonic() + 30
        while len(list(tmp_path.glob("*.part"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(list(tmp_path.glob("*.part"))) == 2

        os.killpg(running.pid, signal.SIGINT)

        said = running.communicate(timeout=60)[1].decode()
    assert running.returncode == 130
    assert said == ""
    assert not list(tmp_path.glob("*.part"))
