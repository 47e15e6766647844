from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest

from sublimen.attacks import Pgd, Recognition
from sublimen.bench.craft import goal_of
from sublimen.bench.judge import opened
from sublimen.bench.plan import Arm, Measures, Pictures, Plan, Point
from sublimen.bench.rows import Rows
from sublimen.bench.subjects import subjects
from sublimen.bench.unit import Bench, Unit, units
from sublimen.errors import SettingError, UnknownNameError
from tests.bench import test_run
from tests.bench.tiny import network

PLAN = test_run.PLAN
STRONG = Arm(
    name="pgd",
    attack="pgd",
    settings={"steps": 60, "budget": {"kind": "linf", "epsilon": "40/255"}},
)


def unit(**changes):
    wanted = {"goal": "targeted", "point": Point(), "arm": "pgd", "first": 0, "last": 2}
    return Unit(**{**wanted, **changes})


def test_units_cover_every_image_once_under_every_goal_point_and_arm():
    plan = replace(PLAN, chunk=2, points=(Point(), Point(fixed="margin", at=1)))

    every = units(plan, 5)

    assert len({u.name for u in every}) == len(every) == 2 * 2 * 3 * 3
    for _, group in groupby(every, key=lambda u: (u.goal, u.point, u.arm)):
        assert [(u.first, u.last) for u in group] == [(0, 2), (2, 4), (4, 5)]


def test_files_and_rows_of_a_unit_are_those_of_the_attack(tmp_path):
    bench = Bench(PLAN, None, tmp_path)

    rows = bench.perform(unit())

    found = subjects(bench.pictures[:2], bench.recogniser)
    problem = Recognition(network(), goal_of("targeted", found))
    outcome = Pgd(budget=bench.attacks["pgd"].budget)(problem, found.images, seed=PLAN.seed)
    for name, image in zip(found.names, outcome.images, strict=True):
        file = tmp_path / "files" / "targeted" / "success" / "pgd" / f"{name}.png"
        assert (opened(file)[0] == image).all()
    verdicts = [row.fooled for row in rows.outcomes if row.file == "png"]
    assert verdicts == outcome.reached.tolist()
    assert [row.gradients for row in rows.costs] == outcome.gradients.tolist()
    assert [row.image for row in rows.costs] == list(found.names)
    assert {row.metric for row in rows.qualities} == {"psnr", "beyond_jnd"}


def test_the_original_is_judged_like_any_other_and_costs_nothing(tmp_path):
    bench = Bench(PLAN, None, tmp_path)

    rows = bench.perform(unit(arm="original", goal="untargeted"))

    assert [row.fooled for row in rows.outcomes if row.file == "png"] == [False, False]
    assert rows.costs == rows.qualities == ()
    found = subjects(bench.pictures[:1], bench.recogniser)
    file = tmp_path / "files" / "untargeted" / "success" / "original" / f"{found.names[0]}.png"
    assert (opened(file) == found.images).all()


def test_a_margin_is_asked_of_attack_and_judge(tmp_path):
    bench = Bench(replace(PLAN, arms=(STRONG,)), None, tmp_path)
    wide = unit(point=Point(fixed="margin", at=0.5))

    rows = bench.perform(wide)

    folder = tmp_path / "files" / wide.folder
    found = subjects(bench.pictures[:2], bench.recogniser)
    for row, image in enumerate(found.names):
        logits = network()(opened(folder / f"{image}.png"))[0]
        target = found.targets[row]
        lead = logits[target] - logits[[k for k in range(6) if k != target]].max()
        (fooled,) = [r.fooled for r in rows.outcomes if (r.image, r.file) == (image, "png")]
        assert fooled == (lead >= 0.5)
        assert fooled


@pytest.mark.weights
def test_changes_of_equal_visibility_read_the_same(tmp_path):
    measures = Measures(metrics=("psnr",), jnd="chou-li", visible=True, qualities=())
    bench = Bench(replace(PLAN, measures=measures), None, tmp_path)

    rows = bench.perform(unit(point=Point(fixed="visibility", at=0.5)))

    read = [row.value for row in rows.qualities if row.metric == "visibility"]
    assert 0.4 < min(read) <= max(read) <= 0.5


def test_survival_is_asked_of_attack_and_judge(tmp_path):
    measures = replace(PLAN.measures, qualities=())
    bench = Bench(replace(PLAN, measures=measures, arms=(STRONG,)), None, tmp_path)

    rows = bench.perform(unit(point=Point(fixed="survival", at=50)))

    assert {row.file for row in rows.outcomes} == {"png", "jpeg-50"}
    assert all(row.fooled for row in rows.outcomes if row.file == "jpeg-50")


@pytest.mark.parametrize(
    ("attribute", "reason"),
    [
        ("missing", "missing_library is not installed; run: pip install 'sublimen[peers]'"),
        ("away", "goal must be Untargeted for away; got Targeted"),
    ],
)
def test_an_arm_that_cannot_be_run_here_is_gaps_and_no_files(attribute, reason, tmp_path):
    arm = Arm(name="x", attack="theirs", settings={"make": f"tests.bench.tiny:{attribute}"})
    bench = Bench(replace(PLAN, arms=(arm,)), None, tmp_path)

    goal = "untargeted" if attribute == "missing" else "targeted"
    rows = bench.perform(unit(arm="x", goal=goal))

    assert [gap.image for gap in rows.gaps] == [picture.name for picture in bench.pictures[:2]]
    assert all(gap.reason.startswith(reason) for gap in rows.gaps)
    assert "," not in rows.gaps[0].reason
    assert rows == replace(Rows(), gaps=rows.gaps)
    assert list(tmp_path.iterdir()) == []


def test_bad_plans_end_before_anything_is_written(tmp_path):
    with pytest.raises(UnknownNameError, match="no attack"):
        Bench(replace(PLAN, arms=(Arm(name="x", attack="bmi"),)), None, tmp_path)
    with pytest.raises(SettingError, match="without images of lfw"):
        Bench(replace(PLAN, recogniser="identities:{gallery}"), None, tmp_path)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.weights
def test_a_gallery_holds_the_people_of_the_run(tmp_path, data):
    faces = Pictures(source="lfw", count=2)
    plan = Plan(title="Faces", recogniser="identities:{gallery}", pictures=faces, arms=PLAN.arms)

    bench = Bench(plan, data, tmp_path)

    assert bench.recogniser.labels[:2] == ("Abdullah_Gul", "Adrien_Brody")
    assert len(bench.recogniser.labels) == 10
    assert [picture.label for picture in bench.pictures] == [0, 1]
    assert (tmp_path / "gallery" / "Abdullah_Gul").resolve() == Path(
        data / "faces" / "lfw" / "Abdullah_Gul"
    ).resolve()
