"""The command `sublimen bench frontier` as people call it."""

import pytest

from sublimen.bench import frontier_results, frontier_study
from sublimen.bench.frontier_study import ROWS
from sublimen.cli.main import run


@pytest.fixture
def called(monkeypatch):
    calls = []

    def study(plan, output, *, data, watch):
        assert callable(watch)
        calls.append((plan.title, output, data))

    monkeypatch.setattr(frontier_study, "run", study)
    monkeypatch.setattr(frontier_results, "write", calls.append)
    return calls


def test_a_plan_is_run_and_its_tables_are_made(called, tmp_path, capsys):
    out = tmp_path / "out"

    command = ["bench", "frontier", "frontier_small", "-o", str(out), "--data", str(tmp_path)]
    assert run(command) == 0

    assert called == [("Recognisers over visibility, small", out, tmp_path), out]
    assert "written to" in capsys.readouterr().err


def test_tables_of_what_is_there_can_be_made_at_any_time(called, tmp_path):
    (tmp_path / ROWS).touch()

    assert run(["bench", "tables", str(tmp_path)]) == 0

    assert called == [tmp_path]


def test_an_unknown_plan_is_one_sentence(called, tmp_path, capsys):
    assert run(["bench", "frontier", "frontier_smal", "-o", str(tmp_path)]) == 2

    assert "did you mean frontier_small" in " ".join(capsys.readouterr().err.split())
    assert called == []
