from dataclasses import replace

import pytest

from sublimen.bench.frontier_cells import Results
from tests.bench.made_people import PLAN, unit


@pytest.fixture
def results():
    rows = [*unit(0, "1101", "1010", "1101"), *unit(1, "1111", "0001", "0111")]
    return Results(replace(PLAN, versions=("png",)), rows)


def test_only_pairs_that_matched_before_count(results):
    ours, theirs = (results.cells[arm, 1.0, "png", "judge"] for arm in ("sublimen", "flat"))

    assert ours.counts.tolist() == [[1, 3], [1, 4]]
    assert ours.wilson.middle == ours.bootstrap.middle == pytest.approx(2 / 7)
    assert ours.wilson.count == 7
    assert theirs.wilson.middle == pytest.approx(6 / 7)
    assert theirs.distance == 0.75


def test_each_recogniser_has_cells_of_its_own():
    rows = unit(0, "1111", "1100", "1111")
    others = [replace(row, recogniser="tiny") for row in unit(0, "1111", "1000", "1110")]

    each = Results(replace(PLAN, versions=("png",)), [*rows, *others]).each

    rates = {key[0::4]: cell.wilson.middle for key, cell in each.items()}
    assert rates == {
        ("sublimen", "other"): 0.5,
        ("flat", "other"): 1.0,
        ("sublimen", "tiny"): 0.25,
        ("flat", "tiny"): 0.75,
    }


def test_the_bootstrap_is_over_the_people(results):
    interval = results.cells["flat", 1.0, "png", "judge"].bootstrap

    assert (interval.low, interval.high) == (pytest.approx(3 / 4), pytest.approx(1))
    assert interval.count == 2


def test_the_ratio_is_to_the_best_peer():
    plan = replace(PLAN, arms=(*PLAN.arms, replace(PLAN.arms[1], name="worse")), versions=("png",))
    rows = [*unit(0, "1111", "1000", "1100"), *unit(1, "1111", "1000", "1100")]
    rows += [replace(row, arm="worse", matches="1111") for row in rows if row.arm == "flat"]

    ratio = Results(plan, rows).ratio("sublimen", 1.0, "png")

    assert (ratio.middle, ratio.low, ratio.high) == (0.5, 0.5, 0.5)


def test_there_is_no_ratio_to_a_peer_that_leaves_nothing_or_is_not_there():
    plan = replace(PLAN, versions=("png",))

    assert Results(plan, unit(0, "11", "10", "00")).ratio("sublimen", 1.0, "png") is None
    alone = replace(plan, arms=PLAN.arms[:1])
    assert Results(alone, unit(0, "11", "10", "10")).ratio("sublimen", 1.0, "png") is None
    mute = unit(0, "11", "10", "10", role="surrogate")
    assert Results(plan, mute).ratio("sublimen", 1.0, "png") is None


def test_people_who_have_not_come_through_are_left_out():
    rows = [*unit(0, "1111", "1100", "1111"), *unit(1, "1111", "0000", "1111")[:2]]

    results = Results(PLAN, rows)

    assert results.people == (0,)
    assert results.cells["sublimen", 1.0, "png", "judge"].wilson.middle == 0.5


def test_pairs_that_never_matched_are_no_cell():
    results = Results(PLAN, unit(0, "0000", "1111", "1111"))

    assert results.cells == {}
    assert results.people == (0,)


def test_readings_are_means_of_files_and_not_of_rows():
    rows = [*unit(0, "11", "11", "11"), *unit(1, "11", "11", "11")]
    rows += [replace(row, version="half") for row in rows if row.identity == 0]
    rows = [replace(row, jnd=0.5 if row.identity else 1.0) for row in rows if row.arm == "flat"] + [
        row for row in rows if row.arm == "clean"
    ]

    results = Results(PLAN, rows)

    assert results.readings("flat", 1.0, "jnd").middle == 0.75
    assert results.readings("flat", 1.0, "jnd_unseen") is None
    assert results.readings("sublimen", 1.0, "jnd") is None
