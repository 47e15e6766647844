import json
from collections import Counter
from pathlib import Path

import pytest

from sublimen.bench import recogniser_study as module
from sublimen.bench.recogniser_rows import STRANGERS, Pair, read
from sublimen.bench.recogniser_study import FILES, run
from sublimen.bench.recogniser_table import accuracy, markdown
from sublimen.errors import OutputError
from sublimen.recognisers import RECOGNISERS

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "recognisers"


@pytest.fixture
def measured(monkeypatch):
    distances = [((0, 0), 0.4), ((1, 1), 0.7), ((0, 1), 0.5), ((0, 1), 0.9)]
    pairs = [
        Pair(one=(one, 0), other=(other, 1), distances={"dlib-resnet": distance})
        for (one, other), distance in distances
    ]
    monkeypatch.setattr(module, "measure", lambda *_, **__: pairs)
    return pairs


def test_rows_become_a_table_and_its_numbers(measured, tmp_path):
    (found,) = run(tmp_path, tmp_path / "out", watch=print)

    assert read(tmp_path / "out" / FILES[0]) == measured
    text = (tmp_path / "out" / FILES[1]).read_text("utf-8")
    assert "2 people of Labeled Faces in the Wild, 2 pairs of one person, 2 of two" in text
    row = json.loads((tmp_path / "out" / FILES[2]).read_text("utf-8"))["recognisers"][0]
    assert row["name"] == found.name == "dlib-resnet"
    assert row["true_matches"]["middle"] == 0.5
    assert row["false_matches"]["count"] == 2


@pytest.mark.usefixtures("measured")
def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(OutputError, match="must be writable"):
        run(tmp_path, tmp_path / "file", watch=print)


@pytest.fixture(scope="module")
def committed():
    pairs = read(RESULTS / FILES[0])
    return pairs, [accuracy(pairs, name) for name in pairs[0].distances]


def test_the_committed_table_is_that_of_the_committed_rows(committed):
    written = (RESULTS / FILES[1]).read_text("utf-8")

    made = markdown(committed[1], "")

    start = "<!-- --8<-- [start:table] -->"
    assert made.partition(start)[2] == written.partition(start)[2]


def test_the_committed_numbers_are_those_of_the_committed_rows(committed):
    rows = json.loads((RESULTS / FILES[2]).read_text("utf-8"))["recognisers"]

    for row, found in zip(rows, committed[1], strict=True):
        assert row["name"] == found.name
        for key in ("true_matches", "false_matches", "area", "strict"):
            assert row[key]["middle"] == pytest.approx(getattr(found, key).middle)


def test_the_committed_rows_hold_every_recogniser_and_all_pairs(committed):
    pairs, found = committed
    finer = {f"{name} with mtcnn" for name in ("mobilefacenet", "mobileface")}

    assert {entry.name for entry in found} == {*RECOGNISERS, *finer}
    assert sum(not pair.same for pair in pairs) == STRANGERS
    assert {pair.one[0] for pair in pairs} | {pair.other[0] for pair in pairs} == set(range(100))


def test_the_false_match_rates_that_results_carry_are_those_of_the_rows(committed):
    guide = (ROOT / "docs" / "guide" / "recognisers.md").read_text("utf-8")

    for entry in committed[1][: len(RECOGNISERS)]:
        rate = RECOGNISERS[entry.name].false_match_rate
        assert rate == round(entry.false_matches.middle, 4)
        assert f"| {rate:.4f}".replace("0.", ".") + " |" in guide


def test_what_the_guide_says_of_mtcnns_points_is_what_the_rows_say(committed):
    pairs, threshold = committed[0], RECOGNISERS["mobilefacenet"].threshold
    same = [pair.distances for pair in pairs if pair.same]
    strangers = [pair.distances for pair in pairs if not pair.same]
    plain, finer = "mobilefacenet", "mobilefacenet with mtcnn"

    won = sum(d[finer] <= threshold < d[plain] for d in same)
    lost = sum(d[plain] <= threshold < d[finer] for d in same)
    nearer = sum(d[plain] - d[finer] for d in same) / len(same)
    strict = {name: sorted(d[name] for d in strangers)[9] for name in (plain, finer)}
    matching = {n: sum(d[n] <= strict[n] for d in same) / len(same) for n in strict}

    assert (won, lost, len(same)) == (4, 2, 2786)
    assert round(nearer, 3) == 0.018
    assert {name: round(share, 3) for name, share in matching.items()} == {
        plain: 0.968,
        finer: 0.982,
    }


def test_what_the_guide_says_of_them_for_mobileface_is_what_the_rows_say(committed):
    pairs, threshold = committed[0], RECOGNISERS["mobileface"].threshold
    seen = [
        (p.same, *(p.distances[f"mobileface{w}"] <= threshold for w in ("", " with mtcnn")))
        for p in pairs
    ]

    count = Counter(seen)

    assert count[True, False, True] == 237
    assert count[True, True, False] == 112
    strangers = [pair for pair in seen if not pair[0]]
    assert [sum(column) for column in zip(*strangers, strict=True)] == [0, 101, 59]
