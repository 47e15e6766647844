from dataclasses import replace

import pytest

from sublimen.bench import frontier_results as module
from sublimen.bench.frontier_results import MADE, TABLES, write
from sublimen.bench.frontier_study import Header, Run
from tests.bench.made_people import PLAN, ROW, clean


@pytest.fixture
def found(monkeypatch):
    rows = [clean(ROW, "111"), ROW, replace(ROW, arm="sublimen", matches="000")]
    plan = replace(PLAN, versions=("png",), identities=5)
    header = Header(plan=plan, rounds=PLAN.rounds, versions={"python": "3"}, made="2026-01-02")
    monkeypatch.setattr(module, "read", lambda _: Run(header=header, rows=rows))


@pytest.mark.usefixtures("found")
def test_tables_and_figure_lie_beside_the_rows(tmp_path):
    results = write(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == set(MADE)
    text = (tmp_path / TABLES).read_text("utf-8")
    assert "Made 2026-01-02 by `sublimen bench frontier`: 1 of 5 people" in text
    assert "tiny > other" in text
    assert (tmp_path / "frontier.png").read_bytes()[:4] == b"\x89PNG"
    assert "<svg" in (tmp_path / "frontier.svg").read_text("utf-8")
    assert len(results.cells) == 2


@pytest.mark.usefixtures("found")
def test_the_figure_shows_every_arm_with_its_rate(tmp_path, monkeypatch):
    drawn = {}
    from matplotlib.axes import Axes

    def errorbar(_axes, x, y, label, **_rest):
        drawn.setdefault(label, []).append((x, y))
        return Axes.plot(_axes, x, y, label=label)

    monkeypatch.setattr(Axes, "errorbar", errorbar)

    write(tmp_path)

    assert drawn == {
        "sublimen": [([], []), ([1.0], [0.0])],
        "flat": [([], []), ([1.0], [pytest.approx(2 / 3)])],
    }
