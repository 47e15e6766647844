import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from sublimen.bench import run as module
from sublimen.bench.plan import Arm, Measures, Pictures, Plan
from sublimen.bench.plan_file import read as read_plan
from sublimen.bench.rows import read
from sublimen.bench.run import run
from sublimen.errors import OutputError, SettingError
from tests.bench import tiny

ROOT = Path(__file__).resolve().parents[2]

TEXT = """
title = "Tiny"
recogniser = "tests.bench.tiny:network"
chunk = 1
measures = { metrics = ["psnr"], jnd = "chou-li", visible = false, qualities = [90] }
pictures = { source = "made", count = 8, side = 32 }
[arms.pgd]
attack = "pgd"
budget = { kind = "linf", epsilon = "12/255" }
[arms.full]
attack = "jnd-perceptual"
jnd = "chou-li"
beta = 2
delta = -1
steps = 6
"""

PLAN = Plan(
    title="Tiny",
    recogniser="tests.bench.tiny:network",
    pictures=Pictures(source="made", count=3, side=32),
    measures=Measures(metrics=("psnr",), jnd="chou-li", visible=False, qualities=(90,)),
    arms=(
        Arm(
            name="pgd",
            attack="pgd",
            settings={"budget": {"kind": "linf", "epsilon": "12/255"}},
        ),
        Arm(
            name="full",
            attack="jnd-perceptual",
            settings={"jnd": "chou-li", "beta": 2.0, "delta": -1.0, "steps": 6},
        ),
    ),
    chunk=2,
)


def apart_from_times(rows):
    return replace(
        rows, costs=tuple(replace(cost, seconds=0.0, cpu_seconds=0.0) for cost in rows.costs)
    )


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    return apart_from_times(run(PLAN, tmp_path_factory.mktemp("unbroken"), workers=1))


def test_a_run_has_every_row_once(unbroken):
    images, arms, goals = 3, 2, 2

    assert len(unbroken.costs) == images * arms * goals
    assert len(unbroken.qualities) == len(unbroken.costs) * 2
    assert len(unbroken.outcomes) == images * (arms + 1) * goals * 2
    assert len(set(unbroken.outcomes)) == len(unbroken.outcomes)


def test_what_is_returned_is_what_the_files_say(tmp_path):
    rows = run(PLAN, tmp_path, workers=1)

    assert read(tmp_path) == rows


def test_after_an_interruption_the_rest_is_done_and_nothing_twice(tmp_path, unbroken):
    said, again = [], []

    def interrupt(what):
        said.append(what)
        if len(said) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(PLAN, tmp_path, workers=1, watch=interrupt)
    (tmp_path / "units" / ".half.json").write_text("{")
    resumed = run(PLAN, tmp_path, workers=1, watch=again.append)

    assert apart_from_times(resumed) == unbroken
    assert len(said) + len(again) == 12
    assert again[0].startswith("6 of 12: ")
    assert len(list((tmp_path / "units").iterdir())) == 12


def test_a_finished_run_is_left_as_it_is(tmp_path):
    first = run(PLAN, tmp_path, workers=1)

    assert run(PLAN, tmp_path, workers=2, watch=pytest.fail) == first


def test_what_could_not_be_run_is_tried_again_and_nothing_else(tmp_path, monkeypatch):
    absent = Arm(name="x", attack="theirs", settings={"make": "tests.bench.tiny:missing"})
    plan = replace(PLAN, goals=("untargeted",), arms=(PLAN.arms[0], absent))
    first = run(plan, tmp_path, workers=1)
    assert {gap.arm for gap in first.gaps} == {"x"}
    assert {cost.arm for cost in first.costs} == {"pgd"}
    assert read(tmp_path) == first

    monkeypatch.setattr(tiny, "missing", tiny.away)
    said = []
    second = run(plan, tmp_path, workers=1, watch=said.append)

    assert len(said) == 2
    assert all("x, images" in what for what in said)
    assert second.gaps == ()
    assert {cost.arm for cost in second.costs} == {"pgd", "x"}
    assert not (tmp_path / "gaps.csv").exists()


def test_another_plan_does_not_go_on_in_the_same_folder(tmp_path):
    run(PLAN, tmp_path, workers=1)

    with pytest.raises(OutputError, match="must hold a run of this plan, got another"):
        run(replace(PLAN, seed=1), tmp_path, workers=1)


def test_other_versions_do_not_go_on_in_the_same_folder(tmp_path, monkeypatch):
    run(PLAN, tmp_path, workers=1)
    monkeypatch.setattr(module, "versions", lambda: {"torch": "0"})

    with pytest.raises(OutputError, match="by these versions"):
        run(PLAN, tmp_path, workers=1)


def test_no_workers_and_no_folder_are_refused(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(SettingError, match="workers must be at least 1"):
        run(PLAN, tmp_path, workers=0)
    with pytest.raises(OutputError, match="must be a folder to write to"):
        run(PLAN, tmp_path / "file", workers=1)


def test_threads_are_as_many_as_before(tmp_path):
    before = torch.get_num_threads()

    run(PLAN, tmp_path, workers=1)

    assert torch.get_num_threads() == before


@pytest.mark.slow
def test_several_workers_find_the_same_rows(tmp_path, unbroken):
    assert apart_from_times(run(PLAN, tmp_path, workers=2)) == unbroken


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "error", "words"),
    [
        ("failing", ArithmeticError, "third pass"),
        ("fatal", SettingError, "few enough for the memory, got 2"),
    ],
)
def test_an_error_in_a_worker_ends_all_of_them(tmp_path, network, error, words):
    plan = replace(PLAN, recogniser=f"tests.bench.tiny:{network}")

    with pytest.raises(error, match=words):
        run(plan, tmp_path, workers=2)

    assert multiprocessing.active_children() == []


def command(plan, output, workers):
    arguments = ["bench", "run", str(plan), "-o", str(output), "--workers", str(workers)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "sublimen", *arguments],
        env=environment,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Rows of the plan of the command, from a run that nobody has killed."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "plan.toml").write_text(TEXT, "utf-8")
    return run(read_plan(str(folder / "plan.toml")), folder / "unbroken", workers=1)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_run_is_resumed_to_the_same_rows(tmp_path, workers, whole):
    plan, output = tmp_path / "plan.toml", tmp_path / "killed"
    plan.write_text(TEXT, "utf-8")
    units = output / "units"
    running = command(plan, output, workers)
    until(lambda: len(list(units.glob("[!.]*.json"))) >= 4)

    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    done = len(list(units.glob("[!.]*.json")))
    resumed = run(read_plan(str(plan)), output, workers=1)

    assert running.returncode == -signal.SIGKILL
    assert 4 <= done < 48
    assert apart_from_times(resumed) == apart_from_times(whole)
    assert len(list(units.iterdir())) == 48


@pytest.mark.slow
def test_workers_end_with_the_run_that_was_killed(tmp_path):
    plan, output = tmp_path / "plan.toml", tmp_path / "killed"
    plan.write_text(TEXT, "utf-8")
    running = command(plan, output, 2)
    until(lambda: len(list((output / "units").glob("[!.]*.json"))) >= 1)

    os.kill(running.pid, signal.SIGKILL)
    running.communicate()

    until(lambda: not _alive(running.pid), seconds=20)


def _alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
