from dataclasses import replace

import pytest

from sublimen.bench.findings import Findings
from sublimen.bench.plan import Point
from tests.bench.hand import gap, plan, rows

HERE = ("untargeted", Point())


@pytest.fixture
def findings():
    return Findings(
        plan(),
        rows(
            {
                "a": [(True, 40.0), (True, 42.0), (True, 99.0), (True, 44.0)],
                "b": [(True, 30.0), (False, 10.0), (True, 99.0), (True, 34.0)],
            },
            apart=[2],
        ),
    )


def test_images_that_were_there_as_they_came_are_left_out(findings):
    assert findings.apart(*HERE) == {"i2"}
    assert findings.asked(*HERE) == ["i0", "i1", "i3"]
    assert findings.images == ("i0", "i1", "i2", "i3")
    assert findings.mean(*HERE, "a", "psnr").middle == pytest.approx(42)


def test_success_is_a_share_of_those_that_were_asked(findings):
    full, short = (findings.success(*HERE, arm) for arm in "ab")

    assert (full.middle, full.count) == (1, 3)
    assert short.middle == pytest.approx(2 / 3)


def test_means_are_over_what_is_at_the_goal(findings):
    assert findings.values(*HERE, "b", "psnr") == {"i0": 30.0, "i3": 34.0}
    assert findings.values(*HERE, "b", "gradients") == {"i0": 0, "i3": 30}


def test_survival_is_asked_of_the_decoded_file(findings):
    rate = findings.success(*HERE, "a", "jpeg-90")

    assert rate.middle == pytest.approx(1 / 3)


def test_where_survival_is_fixed_the_decoded_file_must_be_at_the_goal():
    point = Point(fixed="survival", at=90)
    found = {"a": [(True, 40.0), (False, 42.0)], "b": [(True, 30.0), (True, 31.0)]}

    findings = Findings(plan(points=(point,)), rows(found, point="survival-90", file="jpeg-90"))

    assert findings.success("untargeted", point, "a").middle == 0.5
    assert findings.values("untargeted", point, "a", "psnr") == {"i0": 40.0}


def test_where_visibility_is_fixed_every_image_counts():
    point = Point(fixed="visibility", at=1)
    found = {"a": [(True, 40.0), (False, 42.0)], "b": [(True, 30.0), (True, 31.0)]}

    findings = Findings(plan(points=(point,)), rows(found, point="visibility-1"))

    assert findings.values("untargeted", point, "a", "psnr") == {"i0": 40.0, "i1": 42.0}
    assert findings.success("untargeted", point, "a").middle == 0.5


def test_nothing_is_said_where_nothing_was_asked():
    findings = Findings(plan(), rows({"a": [(True, 40.0)], "b": [(True, 1.0)]}, apart=[0]))

    assert findings.success(*HERE, "a") is None
    assert findings.mean(*HERE, "a", "psnr") is None


def test_an_arm_with_a_gap_has_neither_success_nor_values():
    found = rows({"a": [(True, 40.0), (True, 42.0)], "b": [(True, 1.0), (True, 2.0)]})

    findings = Findings(plan(), replace(found, gaps=(gap("b"),)))

    assert findings.gap(*HERE, "b") == "x is not installed"
    assert findings.gap(*HERE, "a") is None
    assert findings.success(*HERE, "b") is None
    assert findings.values(*HERE, "b", "psnr") == {}
    assert findings.success(*HERE, "a").middle == 1


def test_measures_are_metrics_and_then_costs(findings):
    assert findings.measures == ("psnr", "gradients", "forwards", "seconds", "cpu_seconds")


def test_a_channel_that_was_left_alone_has_a_mean():
    found = {"a": [(True, float("inf")), (True, 60.0)], "b": [(True, 30.0), (True, 31.0)]}

    findings = Findings(plan(), rows(found))

    assert findings.mean(*HERE, "a", "psnr").middle == 80
