import csv
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from sublimen.bench import rows as files
from sublimen.bench.findings import Findings
from sublimen.bench.plan import Point
from sublimen.bench.rows import Header, read_header
from sublimen.bench.tables import FILES, markdown, read, table, write
from sublimen.errors import PhotoError
from tests.bench.hand import gap, plan, rows

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results"
RUNS = sorted(path.parent.name for path in RESULTS.glob("*/outcomes.csv"))

FOUND = {
    "a": [(True, 40.0), (True, 42.0), (True, 99.0), (True, 44.0)],
    "b": [(True, 30.0), (False, 10.0), (True, 99.0), (True, 34.0)],
}


def header(**changes):
    return Header(plan=plan(**changes), versions={"torch": "2"}, device="cpu", date="2026-01-31")


@pytest.fixture
def run(tmp_path):
    own = header(claims=("a psnr > b psnr",))
    files.write_header(tmp_path, own)
    files.write(tmp_path, rows(FOUND, apart=[2]))
    return tmp_path


def cells(text, section):
    part = text.partition(f"[start:{section}]")[2].partition(f"[end:{section}]")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_a_run_becomes_tables_and_a_figure(run):
    write(run)

    assert {path.name for path in run.iterdir()} >= set(FILES)
    with Image.open(run / FILES[2]) as picture:
        assert len(picture.convert("RGB").getcolors(10**6)) > 20


def test_each_arm_has_a_line_with_intervals(run):
    write(run)

    head, _, first, second = cells((run / FILES[0]).read_text("utf-8"), "untargeted-success")
    assert head == ["arm", "success", "PSNR, dB", "gradients", "seconds"]
    assert first[:2] == ["a", "3/3 [44%, 100%]"]
    assert first[2].startswith("42.00 [40.")
    assert second[:2] == ["b*", "2/3 [21%, 94%]"]
    assert second[2] == "32.00 [30.00, 34.00]"


def test_survival_is_in_the_second_table(run):
    write(run)

    head, _, first, _ = cells((run / FILES[0]).read_text("utf-8"), "untargeted-success-details")
    assert head == ["arm", "after JPEG 90", "forward passes", "CPU seconds"]
    assert first[1].startswith("1/3")


def test_what_is_fixed_and_what_was_left_out_is_said(run):
    text = markdown(*read(run))

    assert "Fixed: the goal is reached, by each method's own means. 3 images; 1 more were" in text
    assert "not to be compared" in text
    assert "Begun 2026-01-31 by `sublimen bench run` on cpu: 4 images (made)" in text


def test_full_success_needs_no_mark():
    full = {arm: [(True, psnr) for _, psnr in found] for arm, found in FOUND.items()}

    text = markdown(header(), Findings(plan(), rows(full)))

    assert "not to be compared" not in text
    assert "| b* |" not in text


def test_each_point_and_goal_has_tables_of_its_own():
    own = header(goals=("untargeted", "targeted"), points=(Point(), Point(fixed="margin", at=0.5)))

    text = markdown(own, Findings(own.plan, rows(FOUND)))

    for goal in ("untargeted", "targeted"):
        for point in ("success", "margin-0.5"):
            assert f"[start:{goal}-{point}]" in text
    assert "the goal leads by 0.5 logits" in text
    assert cells(text, "targeted-success")[2][1] == "-"


def test_an_arm_that_could_not_be_run_has_a_line_that_says_so_and_why(run):
    ran = rows({"a": FOUND["a"]}, apart=[2])
    files.write(run, replace(ran, gaps=tuple(gap("b", f"i{number}") for number in range(4))))
    write(run)

    text = (run / FILES[0]).read_text("utf-8")
    _, _, first, second = cells(text, "untargeted-success")
    assert first[:2] == ["a", "3/3 [44%, 100%]"]
    assert second == ["b", "not run", "-", "-", "-"]
    assert text.count("- b not run: x is not installed\n") == 1
    assert "not to be compared" not in text
    assert {line["arm"] for line in csv.DictReader(table(read(run)[1]).splitlines())} == {"a"}
    _, _, success, ordering = cells(text, "claims")
    assert success[2:] == ["not measured", "b not run"]
    assert ordering[2] == "not measured"


def test_claims_have_their_verdicts(run):
    _, _, success, ordering = cells(markdown(*read(run)), "claims")

    assert success[2:] == ["not reproduced", "b 2 of 3"]
    assert ordering[:3] == ["`a psnr > b psnr`", "untargeted, success", "undecided"]


def test_the_same_numbers_are_there_for_programs(run):
    lines = list(csv.DictReader(table(read(run)[1]).splitlines()))

    (psnr,) = [line for line in lines if (line["arm"], line["measure"]) == ("b", "psnr")]
    assert (psnr["mean"], psnr["low"], psnr["high"], psnr["images"]) == ("32", "30", "34", "2")
    assert {line["measure"] for line in lines} == {
        *("success", "success jpeg-90", "psnr", "gradients", "forwards", "seconds", "cpu_seconds")
    }


def test_a_folder_without_a_finished_run_is_refused(tmp_path):
    with pytest.raises(PhotoError, match=r"must hold a run, got no run\.json"):
        read(tmp_path)
    files.write_header(tmp_path, header())
    with pytest.raises(PhotoError, match="must hold a finished run"):
        read(tmp_path)


@pytest.mark.skipif(not RUNS, reason="no run of a plan is committed")
@pytest.mark.parametrize("name", RUNS or ["none"])
def test_the_committed_tables_are_those_of_the_committed_rows(name):
    written, findings = read(RESULTS / name)

    assert written == read_header(RESULTS / name)
    assert (RESULTS / name / FILES[0]).read_text("utf-8") == markdown(written, findings)
    assert (RESULTS / name / FILES[1]).read_text("utf-8") == table(findings)
