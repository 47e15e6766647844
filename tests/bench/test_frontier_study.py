from dataclasses import replace
from pathlib import Path

import pytest

from sublimen.bench import frontier_study as module, frontier_unit
from sublimen.bench.frontier_cells import Results
from sublimen.bench.frontier_plan import Round
from sublimen.bench.frontier_results import MADE, TABLES, head
from sublimen.bench.frontier_study import HEADER, ROWS, read, run
from sublimen.bench.frontier_table import markdown
from sublimen.bench.frontier_unit import Bench
from sublimen.errors import OutputError, PhotoError, SettingError
from tests.bench.made_people import PLAN, Brighter, made, people

ROOT = Path(__file__).resolve().parents[2]
RESULTS = sorted((ROOT / "benchmarks" / "results").glob("frontier*"))


@pytest.fixture
def data(monkeypatch, tmp_path):
    made(monkeypatch)
    monkeypatch.setattr(frontier_unit, "Maker", Brighter)
    columns = ("jnd", "jnd_unseen", "jnd_unseen_desk", "jnd_unseen_worst", "psnr")
    monkeypatch.setattr(Bench, "_readings", lambda *_: dict.fromkeys(columns, 0.5))
    return people(tmp_path / "data")


def timeless(found):
    return [str(replace(row, seconds=0.0)) for row in found.rows]


class Killed(BaseException):
    """Nothing catches it."""


def test_a_killed_run_goes_on_and_comes_to_the_same_rows(data, tmp_path):
    whole = run(PLAN, tmp_path / "whole", data=data, watch=lambda _: None)

    def watch(what):
        if "person 1 of 2: flat" in what:
            raise Killed

    with pytest.raises(Killed):
        run(PLAN, tmp_path / "killed", data=data, watch=watch)
    path = tmp_path / "killed" / ROWS
    path.write_bytes(path.read_bytes()[:-100])
    said = []
    again = run(PLAN, tmp_path / "killed", data=data, watch=said.append)

    assert timeless(again) == timeless(whole)
    assert len(whole.rows) == 2 * 3 * 2 * 2
    assert [what.partition(",")[0] for what in said] == [
        "person 1 of 2: flat",
        "person 2 of 2: clean",
        "person 2 of 2: sublimen",
        "person 2 of 2: flat",
    ]
    assert "person" not in path.read_text("utf-8")


@pytest.fixture
def nothing_made(monkeypatch):
    monkeypatch.setattr(module.Bench, "units", lambda *_: iter(()))


@pytest.mark.usefixtures("nothing_made")
def test_a_folder_holds_one_run(data, tmp_path):
    run(PLAN, tmp_path / "out", data=data, watch=lambda _: None)

    run(PLAN, tmp_path / "out", data=data, watch=lambda _: None)
    with pytest.raises(OutputError, match="must hold a run of the same plan"):
        run(replace(PLAN, seed=1), tmp_path / "out", data=data, watch=lambda _: None)


@pytest.mark.usefixtures("nothing_made")
def test_a_run_does_not_go_on_with_other_landmarks(data, tmp_path, monkeypatch):
    monkeypatch.setattr(module.store, "installed", lambda _: False)
    before = run(PLAN, tmp_path / "out", data=data, watch=lambda _: None)
    monkeypatch.setattr(module.store, "installed", lambda name: name == "mtcnn")

    with pytest.raises(OutputError, match="must hold a run of the same landmarks"):
        run(PLAN, tmp_path / "out", data=data, watch=lambda _: None)
    after = run(PLAN, tmp_path / "other", data=data, watch=lambda _: None)

    assert (before.header.landmarks, after.header.landmarks) == ("dlib", "mtcnn")


@pytest.mark.usefixtures("nothing_made")
def test_what_is_missing_is_said(data, tmp_path):
    said = []
    absent = Round(surrogates=("tiny",), judges=("absent",))

    run(
        replace(PLAN, rounds=(*PLAN.rounds, absent)),
        tmp_path / "out",
        data=data,
        watch=said.append,
    )

    assert said == ["left out, a recogniser is not installed: tiny > absent"]
    with pytest.raises(SettingError, match="weights list"):
        run(replace(PLAN, rounds=(absent,)), tmp_path / "b", data=data, watch=said.append)


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(PhotoError, match=f"got no {HEADER}"):
        read(tmp_path)
    (tmp_path / HEADER).write_text("[1]")
    with pytest.raises(PhotoError, match="must be the head of a frontier"):
        read(tmp_path)


@pytest.mark.parametrize("folder", RESULTS, ids=lambda folder: folder.name)
def test_the_committed_tables_are_those_of_the_committed_rows(folder):
    found = read(folder)
    results = Results(found.header.plan, found.rows)

    assert (folder / TABLES).read_text("utf-8") == markdown(results, head(found.header, results))
    assert {path.name for path in folder.iterdir()} == {ROWS, HEADER, *MADE}
    guide = (ROOT / "docs" / "guide" / "frontier.md").read_text("utf-8")
    for table in ("before", "surrogate", "judge", "recogniser", "ratio", "readings"):
        assert f'--8<-- "{folder.name}/{TABLES}:{table}"' in guide


def test_the_figure_of_the_guide_is_the_published_one():
    shown = (ROOT / "docs" / "images" / "frontier_curves.png").read_bytes()

    assert shown == (ROOT / "benchmarks" / "results" / "frontier_curves" / MADE[1]).read_bytes()
