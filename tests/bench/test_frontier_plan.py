from dataclasses import replace

import pytest
import torch

from sublimen.attacks.budget import Radius
from sublimen.bench.frontier_plan import FrontierPlan, Round, held, peer, possible, read, wanted
from sublimen.bench.plan import Arm
from sublimen.bench.plan_file import packaged
from sublimen.errors import PhotoError, SettingError, UnknownNameError
from tests.bench.made_people import PLAN

TEXT = """
extends = "frontier_small"
identities = 3
[arms.sublimen]
effort = "quick"
"""


def test_the_packaged_plans_say_what_the_protocol_says():
    whole, small = read("frontier"), read("frontier_small")

    assert set(packaged(frontier=True)) == {"frontier", "frontier_small", "frontier_uncropped"}
    assert not {"frontier", "frontier_small"} & set(packaged())
    assert (whole.source, whole.identities, whole.others) == ("lfw", 50, 7)
    uncropped = read("frontier_uncropped")
    assert (uncropped.source, uncropped.identities) == ("uncropped", 20)
    assert uncropped.arms == whole.arms
    assert whole.visibilities == (0.5, 1.0, 2.0, 3.0)
    assert whole.versions == ("png", "q90", "q75", "half", "screen")
    assert (small.identities, small.visibilities) == (8, (1.0, 2.0))
    assert [arm.name for arm in small.arms] == ["sublimen", "pgd-flat", "mi-di-flat"]
    assert [one.judges for one in small.rounds] == [("hse-mobilenet",), ("mobilefacenet",)]


def test_a_plan_says_only_what_differs_from_another(tmp_path):
    (tmp_path / "own.toml").write_text(TEXT, "utf-8")

    plan = read(str(tmp_path / "own.toml"))

    assert plan.identities == 3
    assert plan.arms[0].settings == {"effort": "quick"}
    assert plan.arms[1:] == read("frontier_small").arms[1:]
    with pytest.raises(PhotoError, match="plan in TOML that can be read"):
        read("none.toml")
    with pytest.raises(UnknownNameError, match="no plan 'table1'"):
        read("table1")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"visibilities": (1.0, 0.0)}, "visibilities must be .*above 0"),
        ({"visibilities": (1.0, 1.0)}, "visibilities must be different"),
        ({"identities": 0}, "identities must be"),
        ({"arms": ()}, "arms must be"),
        ({"versions": ("png", "q9")}, "no version 'q9'"),
        ({"arms": (Arm(name="clean", attack="sublimen"),)}, "arms must be different"),
        ({"arms": (Arm(name="a", attack="pgd"),)}, "arms.a must have a box, flat or jnd"),
        ({"arms": (Arm(name="a", attack="pgd", settings={"box": "rnd"}),)}, "no box 'rnd'"),
        ({"arms": (Arm(name="a", attack="lattice", settings={"box": "jnd"}),)}, "inside a box"),
        ({"arms": (Arm(name="a", attack="sublimen", settings={"efort": "1"}),)}, "efort"),
        ({"arms": (Arm(name="a", attack="sublimen", settings={"effort": "0"}),)}, "effort must"),
        ({"arms": (Arm(name="a", attack="sublimen", settings={"wanted": -1}),)}, "wanted must be"),
        ({"arms": (Arm(name="a", attack="pgd", settings={"wanted": 1.5}),)}, "wanted must be"),
    ],
)
def test_plans_that_cannot_be_run_are_refused(changes, words):
    with pytest.raises((SettingError, UnknownNameError), match=words):
        replace(PLAN, **changes)


def test_a_recogniser_never_judges_what_it_has_led():
    with pytest.raises(SettingError, match="recognisers of a round must be different"):
        Round(surrogates=("one", "two"), judges=("one",))
    with pytest.raises(SettingError, match="surrogates must be"):
        Round(surrogates=(), judges=("one",))


def test_without_rounds_everybody_judges_once():
    plan = replace(PLAN, rounds=())

    rounds, missing = possible(plan, ("a", "b", "c"))

    assert [one.roles for one in rounds] == ["b+c > a", "a+c > b", "a+b > c"]
    assert missing == ()
    with pytest.raises(SettingError, match="weights list"):
        possible(plan, ("a",))


def test_rounds_with_recognisers_that_are_not_there_are_left_out():
    first, second = Round(surrogates=("a",), judges=("b",)), Round(surrogates=("c",))

    assert possible(replace(PLAN, rounds=(first, second)), ("a", "b")) == ((first,), (second,))


def test_a_box_goes_to_the_attack_that_has_one():
    box = Radius(torch.ones(1, 3, 2, 2))
    plan = read("frontier")

    kinds = {}
    for arm in plan.arms[1:]:
        attack, kinds[arm.name] = peer(arm)
        inside = held(attack, box)
        inner = inside.inner if arm.attack == "through" else inside
        assert inner.budget is box
        assert inner.steps == (50 if arm.name.endswith("like") else 40)
        assert wanted(arm) == (10 if arm.name == "tip-im-like" else 0)

    assert kinds == {
        "pgd-flat": "flat",
        "mi-di-flat": "flat",
        "pgd-jnd": "jnd",
        "mi-di-ti-flat": "flat",
        "tip-im-like": "flat",
        "low-key-like": "flat",
    }


def test_a_plan_of_another_kind_is_refused(tmp_path):
    (tmp_path / "own.toml").write_text(
        'title = "x"\nrecogniser = "y"\n[arms.a]\nattack = "sublimen"'
    )

    with pytest.raises(SettingError, match="recogniser"):
        read(str(tmp_path / "own.toml"))
    assert FrontierPlan(title="x", arms=(Arm(name="a", attack="sublimen"),)).rounds == ()
