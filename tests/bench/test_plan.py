from dataclasses import asdict, replace

import pytest

from sublimen.bench.plan import Arm, Measures, Pictures, Plan, Point, checked
from sublimen.errors import SettingError

TABLE = {
    "title": "A plan",
    "recogniser": "tests.bench.tiny:network",
    "pictures": {"source": "made", "count": 3},
    "arms": [{"name": "bim", "attack": "bim", "settings": {"steps": 3}}],
}


def test_a_table_becomes_frozen_values_with_defaults():
    plan = checked(TABLE)

    assert plan == Plan(
        title="A plan",
        recogniser="tests.bench.tiny:network",
        pictures=Pictures(source="made", count=3),
        arms=(Arm(name="bim", attack="bim", settings={"steps": 3}),),
    )
    assert plan.points == (Point(),)
    assert plan.measures == Measures()


def test_a_plan_comes_back_from_what_a_header_holds():
    plan = replace(checked(TABLE), points=(Point(fixed="margin", at=2.5), Point()))

    assert checked(asdict(plan)) == plan


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": 1}, "plan: title: Input should be a valid string"),
        ({"arms": []}, "arms must be at least 1, got 0"),
        ({"colour": "red"}, "plan: colour: Unexpected"),
        ({"pictures": {"source": "made", "cuont": 3}}, "pictures.cuont"),
        ({"pictures": {"source": "made", "count": 0}}, "count must be at least 1, got 0"),
        ({"pictures": {"source": "folder"}}, "folder must be given"),
        ({"pictures": {"source": "made", "folder": "x"}}, "folder must be given"),
        ({"pictures": {"source": "made", "targets": "named"}}, "made names none"),
        ({"goals": ["untargetted"]}, "goals.0"),
        ({"goals": ["targeted", "targeted"]}, "goals must be different ones"),
        ({"recogniser": "a,b"}, "must not hold a comma"),
        ({"points": [{"fixed": "margin"}]}, "at must be above 0 for margin, got 0"),
        ({"points": [{"fixed": "survival", "at": 90.5}]}, "must be a JPEG quality"),
        ({"points": [{"fixed": "success", "at": 1}]}, "must be left out for success"),
        ({"points": [{"at": 0}, {}]}, "points must be different ones"),
        ({"arms": [{"name": "Bim", "attack": "bim"}]}, "name of an arm must be lower-case"),
        ({"arms": [{"name": "original", "attack": "bim"}]}, "not original"),
        ({"arms": [{"name": "bim"}]}, "plan: arms.bim.attack: Field required"),
        ({"claims": ["bim psnr > pgd psnr"]}, "about arms of the plan, got pgd"),
        ({"claims": ["bim psnr"]}, "ARM MEASURE RELATION"),
        ({"chunk": 0}, "chunk must be at least 1"),
    ],
)
def test_a_bad_key_is_named(change, words):
    with pytest.raises(SettingError, match=r"^plan: ") as refused:
        checked({**TABLE, **change})

    assert words in str(refused.value)


def test_points_say_what_they_fix():
    margin, survival = Point(fixed="margin", at=2), Point(fixed="survival", at=75)

    assert (margin.name, margin.margin, margin.quality) == ("margin-2", 2.0, None)
    assert (survival.name, survival.margin, survival.quality) == ("survival-75", 0.0, 75)
    assert Point().name == "success"
