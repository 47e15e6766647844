import pytest

from sublimen.attacks import ATTACKS
from sublimen.bench.arms import attack
from sublimen.bench.plan_file import packaged, read
from sublimen.errors import PhotoError, SettingError, UnknownNameError
from sublimen.interop import Theirs

TEXT = """
title = "Own"
recogniser = "tests.bench.tiny:network"
[pictures]
source = "made"
count = 9
[arms.fast]
attack = "bim"
steps = 7
budget = { kind = "linf", epsilon = "4/255" }
[arms.slow]
attack = "pgd"
"""
SMALL = """
[small]
title = "Own, small"
[small.pictures]
count = 2
[small.arms.fast]
steps = 1
"""


def written(tmp_path, text):
    path = tmp_path / "plan.toml"
    path.write_text(text, "utf-8")
    return str(path)


def test_arms_come_in_the_order_of_the_file_with_their_settings(tmp_path):
    plan = read(written(tmp_path, TEXT))

    assert [arm.name for arm in plan.arms] == ["fast", "slow"]
    assert plan.arms[0].attack == "bim"
    assert plan.arms[0].settings == {"steps": 7, "budget": {"kind": "linf", "epsilon": "4/255"}}
    assert plan.arms[1].settings == {}


def test_the_small_version_replaces_what_it_names_and_nothing_else(tmp_path):
    path = written(tmp_path, TEXT + SMALL)

    plan, small = read(path), read(path, small=True)

    assert (plan.title, plan.pictures.count) == ("Own", 9)
    assert (small.title, small.pictures.count, small.pictures.source) == ("Own, small", 2, "made")
    assert small.arms[0].settings == {**plan.arms[0].settings, "steps": 1}
    assert small.arms[1] == plan.arms[1]


def test_a_plan_without_a_small_version_says_so(tmp_path):
    with pytest.raises(SettingError, match="must have a table `small`"):
        read(written(tmp_path, TEXT), small=True)


def test_a_plan_may_extend_a_packaged_one(tmp_path):
    text = 'extends = "table1"\ntitle = "Other"\n[arms.full]\nsteps = 3\n'

    plan = read(written(tmp_path, text))

    base = read("table1")
    assert plan.title == "Other"
    assert plan.pictures == base.pictures
    changed = {arm.name: arm.settings for arm in plan.arms}
    before = {arm.name: arm.settings for arm in base.arms}
    assert changed.pop("full") == {**before.pop("full"), "steps": 3}
    assert changed == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title = ", "must be TOML"),
        ("extends = 1", "extends must name another packaged plan"),
        ('extends = "table2"', "no plan 'table2'; did you mean table1"),
    ],
)
def test_what_is_no_plan_is_refused(tmp_path, text, words):
    with pytest.raises((SettingError, UnknownNameError)) as refused:
        read(written(tmp_path, text))

    assert words in str(refused.value)


def test_names_and_paths_that_lead_nowhere_are_refused():
    with pytest.raises(UnknownNameError, match="did you mean imagenet"):
        read("imagenett")
    with pytest.raises(PhotoError, match="must be a plan in TOML"):
        read("nowhere.toml")


@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize("name", ["table1", "imagenet", "matched", "peers"])
def test_every_packaged_plan_is_one_and_its_attacks_can_be_made(name, small):
    plan = read(name, small=small)

    assert set(packaged()) == {"table1", "imagenet", "matched", "peers"}
    known = {**ATTACKS, Theirs.name: Theirs}
    assert [type(attack(arm)) for arm in plan.arms] == [known[arm.attack] for arm in plan.arms]


@pytest.mark.parametrize("name", ["table1", "imagenet", "matched"])
def test_plans_of_table_1_have_the_anchors_and_ablations_of_the_paper(name):
    plan = read(name)

    assert {"bim", "pgd", "mi-fgsm", "di2-fgsm", "jnd-mga", "mnd"} <= {a.name for a in plan.arms}
    assert {"l1", "l2", "l1-ori", "l2-ori", "l1+l2", "full"} <= {a.name for a in plan.arms}
