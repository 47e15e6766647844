import pytest

from sublimen.bench.claims import parse
from sublimen.bench.findings import Findings
from sublimen.bench.plan import Point
from sublimen.bench.verdicts import ordering, verdicts
from tests.bench.hand import plan, rows

HERE = ("untargeted", Point())
STEPS = (1.0, 2.0, 3.0, 1.5, 2.5, 2.0)
LEVELS = (40.0, 20.0, 35.0, 28.0, 50.0, 31.0)


def findings(differences, claims=()):
    """`a` is above `b` by the differences, which are small against the spread of the images."""
    found = {
        "a": [(True, level + more) for level, more in zip(LEVELS, differences, strict=True)],
        "b": [(True, level) for level in LEVELS],
    }
    return Findings(plan(claims=claims), rows(found))


@pytest.mark.parametrize(
    ("claim", "differences", "word"),
    [
        ("a psnr > b psnr", STEPS, "reproduced"),
        ("a psnr < b psnr", STEPS, "not reproduced"),
        ("b psnr > a psnr", STEPS, "not reproduced"),
        ("b psnr <= a psnr", STEPS, "reproduced"),
        ("a psnr > b psnr", (3.0, -3.0, 2.0, -2.0, 1.0, -1.0), "undecided"),
        ("a psnr >= b psnr", (3.0, -3.0, 2.0, -2.0, 1.0, -1.0), "undecided"),
        ("a psnr >= b psnr", (0.0,) * 6, "reproduced"),
        ("a psnr <= b psnr", (0.0,) * 6, "reproduced"),
        ("a psnr > b psnr", (0.0,) * 6, "not reproduced"),
    ],
)
def test_the_interval_of_the_paired_difference_decides(claim, differences, word):
    found, _ = ordering(findings(differences), *HERE, parse(claim))

    assert found == word


def test_the_figures_are_both_means_and_the_difference_as_it_is_written():
    _, upward = ordering(findings(STEPS), *HERE, parse("a psnr > b psnr"))
    _, downward = ordering(findings(STEPS), *HERE, parse("b psnr < a psnr"))

    assert upward.startswith("36 against 34, difference 2 [1.")
    assert downward.startswith("34 against 36, difference -2 [-2.")
    assert upward.endswith("6 images")


def test_only_images_with_which_both_are_at_the_goal_are_compared():
    found = {"a": [(True, 10.0), (True, 90.0)], "b": [(True, 9.0), (False, 1.0)]}

    _, figures = ordering(Findings(plan(), rows(found)), *HERE, parse("a psnr > b psnr"))

    assert figures == "10 against 9, difference 1 [1, 1], 1 images"


def test_five_images_decide_nothing():
    found = {"a": [(True, 10.0)] * 5, "b": [(True, 0.0)] * 5}

    word, _ = ordering(Findings(plan(), rows(found)), *HERE, parse("a psnr > b psnr"))

    assert word == "undecided"


def test_channels_of_one_arm_are_compared_with_each_other():
    found = {"a": [(True, 10.0)] * 6, "b": [(True, 0.0)] * 6}

    word, _ = ordering(Findings(plan(), rows(found)), *HERE, parse("a forwards < a psnr"))

    assert word == "reproduced"


def test_nothing_in_common_is_not_measured():
    found = {"a": [(True, 10.0), (False, 9.0)], "b": [(False, 9.0), (True, 9.0)]}

    word, _ = ordering(Findings(plan(), rows(found)), *HERE, parse("a psnr > b psnr"))

    assert word == "not measured"


def test_full_success_of_every_arm_is_a_claim_of_its_own():
    short = {"a": [(True, 1.0), (True, 1.0)], "b": [(True, 1.0), (False, 1.0)]}

    (full,) = verdicts(findings(STEPS))
    (failed,) = verdicts(Findings(plan(), rows(short)))
    (nobody,) = verdicts(Findings(plan(), rows(short, apart=[0, 1])))

    assert (full.word, full.figures) == ("reproduced", "6 images")
    assert (failed.word, failed.figures) == ("not reproduced", "b 1 of 2")
    assert nobody.word == "not measured"


def test_every_claim_is_checked_under_every_goal_and_point():
    found = findings(STEPS, claims=("a psnr > b psnr",))
    both = Findings(plan(claims=found.plan.claims, goals=("untargeted", "targeted")), rows({}))

    assert [v.claim for v in verdicts(found)] == ["100 % success of every arm", "a psnr > b psnr"]
    assert {(v.goal, v.word) for v in verdicts(both)} == {
        ("untargeted", "not measured"),
        ("targeted", "not measured"),
    }
