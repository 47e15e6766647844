import numpy as np
import pytest

from sublimen.bench.recogniser_rows import Pair
from sublimen.bench.recogniser_table import Sorted, accuracy, markdown

NAME = "dlib-resnet"


def pair(one, other, distance):
    return Pair(one=(one, 0), other=(other, 1), distances={NAME: distance, "noise": 9 - distance})


@pytest.fixture
def pairs():
    """Four pairs of one person and five of two; the threshold of dlib-resnet is 0.6."""
    same = [(0, 0.2), (0, 0.5), (1, 0.6), (2, 0.9)]
    different = [(0, 1, 0.55), (0, 2, 0.8), (1, 2, 0.9), (1, 3, 1.0), (2, 3, 1.2)]
    return [
        *(pair(person, person, distance) for person, distance in same),
        *(pair(one, other, distance) for one, other, distance in different),
    ]


def test_shares_at_the_threshold_are_counted(pairs):
    found = accuracy(pairs, NAME)

    assert found.threshold == 0.6
    assert found.true_matches.middle == 3 / 4
    assert found.false_matches.middle == 1 / 5
    assert (found.true_matches.count, found.false_matches.count) == (4, 5)


def test_the_area_counts_pairs_in_the_right_order_and_half_of_those_that_are_equal(pairs):
    # .2 and .5 lie before all five, .6 before four, .9 before two and on a level with one.
    assert accuracy(pairs, NAME).area.middle == pytest.approx((5 + 5 + 4 + 2.5) / 20)


def test_the_strict_threshold_lets_one_in_a_hundred_match():
    different = [pair(0, 1, 0.5 + place / 1000) for place in range(300)]
    same = [pair(0, 0, distance) for distance in (0.1, 0.502, 0.5029, 0.6)]

    found = accuracy([*different, *same], NAME)

    assert found.strict.middle == pytest.approx(0.5029)
    assert found.strict_matches.middle == 3 / 4


def test_a_person_who_is_drawn_twice_counts_twice_and_with_another_four_times(pairs):
    ordered = Sorted(pairs, NAME)

    weights = ordered.weights(np.array([2, 2, 1, 0]))

    told = dict(zip(ordered.distances.tolist(), weights.tolist(), strict=True))
    assert (told[0.2], told[0.6], told[0.55], told[0.8], told[1.0]) == (2, 2, 4, 2, 0)


def test_weighted_shares_are_those_of_pairs_that_stand_there_more_often(pairs):
    times = np.array([2, 1, 3, 0])
    ordered = Sorted(pairs, NAME)
    repeated = []
    for entry, weight in zip(pairs, [2, 2, 1, 3, 2, 6, 3, 0, 0], strict=True):
        repeated += [entry] * weight
    plain = Sorted(repeated, NAME)

    weighted = ordered.numbers(0.6, ordered.weights(times))

    assert weighted == pytest.approx(plain.numbers(0.6, np.ones(len(repeated))))


def test_intervals_hold_the_number_and_are_wider_for_fewer_people():
    generator = np.random.default_rng(1)

    def study(people):
        same = [pair(p, p, 0.45 + 0.1 * generator.standard_normal()) for p in range(people)]
        different = [
            pair(p, q, 0.75 + 0.1 * generator.standard_normal())
            for p in range(people)
            for q in range(p)
        ]
        return accuracy([*same, *different], NAME)

    few, many = study(8), study(60)

    for found in (few, many):
        for interval in (found.true_matches, found.false_matches, found.area, found.strict):
            assert interval.low <= interval.middle <= interval.high
    assert few.area.high - few.area.low > many.area.high - many.area.low > 0


def test_the_table_has_a_line_for_each_recogniser(pairs):
    text = markdown([accuracy(pairs, NAME)], "a head")

    table = text.partition("<!-- --8<-- [start:table] -->")[2]
    assert "a head" not in table
    assert table.count("\n| `dlib-resnet` | 0.600 | 0.750 [") == 1
