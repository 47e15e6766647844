"""The commands `sublimen bench run` and `sublimen bench tables` as people call them."""

from pathlib import Path

import pytest

from sublimen.cli.main import run
from tests.bench.test_run import TEXT


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("plan.toml").write_text(
        TEXT + '[small]\ntitle = "Tinier"\npictures = { count = 2 }\n', "utf-8"
    )


def test_a_plan_becomes_rows_and_these_become_tables(capsys):
    command = ["bench", "run", "plan.toml", "-o", "out", "--small", "--workers", "1"]
    assert run(command) == 0
    said = capsys.readouterr().err
    assert run(["bench", "tables", "out"]) == 0

    assert "12 of 12: targeted, success, full, images 2 to 2" in said
    assert "24 outcomes written to out" in said
    assert "100 % success of every arm (untargeted, success)" in capsys.readouterr().err
    names = {path.name for path in Path("out").iterdir()}
    assert names == {
        *("run.json", "outcomes.csv", "qualities.csv", "costs.csv", "files", "units"),
        *("tables.md", "tables.csv", "trade-off.png"),
    }
    assert Path("out/tables.md").read_text("utf-8").startswith("# Tinier\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "table2", "-o", "out"], "no plan 'table2'; did you mean table1"),
        (["run", "none.toml", "-o", "out"], "none.toml must be a plan in TOML"),
        (["run", "plan.toml", "-o", "out", "--workers", "0"], "workers must be at least 1, got 0"),
        (["run", "plan.toml", "-o", "out", "--workers", "1.5"], "must be a whole number"),
        (["run", "plan.toml", "-o", "plan.toml"], "must be a folder to write to"),
        (["run", "bad.toml", "-o", "out"], "plan: title: Field required"),
        (["tables", "none"], "none must hold a run"),
    ],
)
def test_bad_input_gets_one_sentence_and_status_two(capsys, arguments, words):
    Path("bad.toml").write_text(TEXT.replace("title", "[heading]\nx"), "utf-8")

    status = run(["bench", *arguments])

    said = capsys.readouterr().err
    assert status == 2
    assert words in said
    assert said.count("\n") == 1
    assert not Path("out").exists()
