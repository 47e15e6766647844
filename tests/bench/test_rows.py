import json
from dataclasses import replace

import pytest

from sublimen.bench.rows import (
    Cost,
    Gap,
    Header,
    Outcome,
    Quality,
    Rows,
    from_json,
    read,
    read_header,
    to_json,
    write,
    write_header,
)
from sublimen.errors import PhotoError
from tests.bench.test_plan import TABLE, checked

KEY = {"arm": "bim", "goal": "targeted", "point": "margin-2", "surrogate": "s:x", "image": "a b"}
ROWS = Rows(
    outcomes=(
        Outcome(**KEY, victim="s:x", file="png", fooled=True),
        Outcome(**KEY, victim="s:x", file="jpeg-90", fooled=False),
    ),
    qualities=(Quality(**KEY, metric="psnr", value=float("inf")),),
    costs=(Cost(**KEY, gradients=12, forwards=3, seconds=0.25, cpu_seconds=0.125),),
)


def test_rows_come_back_from_their_files(tmp_path):
    write(tmp_path, ROWS)

    assert read(tmp_path) == ROWS
    assert (tmp_path / "outcomes.csv").read_text().splitlines() == [
        "arm,goal,point,surrogate,victim,image,file,fooled",
        "bim,targeted,margin-2,s:x,s:x,a b,png,true",
        "bim,targeted,margin-2,s:x,s:x,a b,jpeg-90,false",
    ]


def test_rows_are_replaced_and_not_added(tmp_path):
    write(tmp_path, ROWS)
    write(tmp_path, ROWS)

    assert read(tmp_path) == ROWS
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "costs.csv",
        "outcomes.csv",
        "qualities.csv",
    ]


def test_rows_of_a_unit_come_back_and_are_joined_in_order():
    other = replace(ROWS, outcomes=ROWS.outcomes[::-1])

    assert from_json(to_json(ROWS)) == ROWS
    assert Rows.joined([ROWS, other]).outcomes == (*ROWS.outcomes, *other.outcomes)


def test_gaps_have_a_file_only_while_there_are_some(tmp_path):
    gap = Gap(**KEY, reason="x is not installed; run: pip install 'sublimen[peers]'")
    broken = replace(ROWS, gaps=(gap,))

    write(tmp_path, broken)
    assert read(tmp_path) == from_json(to_json(broken)) == broken
    assert Rows.joined([ROWS, broken, broken]).gaps == (gap, gap)

    write(tmp_path, ROWS)
    assert read(tmp_path) == ROWS


def test_a_run_that_is_not_finished_is_no_run(tmp_path):
    write(tmp_path, ROWS)
    (tmp_path / "costs.csv").unlink()

    with pytest.raises(PhotoError, match=r"got no costs\.csv; let sublimen bench run"):
        read(tmp_path)


def test_a_header_carries_plan_versions_device_and_date(tmp_path):
    header = Header(plan=checked(TABLE), versions={"torch": "2"}, device="cpu", date="2026-01-31")

    write_header(tmp_path, header)

    assert read_header(tmp_path) == header
    assert set(json.loads((tmp_path / "run.json").read_text())) == {
        "plan",
        "versions",
        "device",
        "date",
    }


@pytest.mark.parametrize(
    "text", ["", "{}", '{"plan": {}, "versions": {}, "device": "", "date": 1}']
)
def test_another_file_is_no_header(tmp_path, text):
    (tmp_path / "run.json").write_text(text)

    with pytest.raises(PhotoError, match="must be the header of a run"):
        read_header(tmp_path)


def test_a_folder_without_a_run_has_no_header(tmp_path):
    assert read_header(tmp_path) is None
