from dataclasses import dataclass, field
from typing import ClassVar, final

import pytest
import torch

from sublimen.attacks import Bim, JndBox, JndPerceptual, Linf, PerceptualLoss
from sublimen.attacks.base import Attack
from sublimen.attacks.distances import BeyondJnd, Distance, Euclidean
from sublimen.bench.arms import CATALOGUES, attack, entry
from sublimen.bench.plan import Arm
from sublimen.errors import SettingError, UnknownNameError
from sublimen.jnd import ChouLi, HvsSd, JndModel, Yang
from sublimen.visibility import Calibrated


@final
@dataclass(frozen=True, kw_only=True)
class Wrapper(Attack):
    """A method that the catalogue does not have."""

    name: ClassVar[str] = "wrapper"

    inner: Attack = field(default_factory=Bim)
    inners: tuple[Attack, ...] = ()
    distance: Distance = field(default_factory=Euclidean)
    perhaps: JndModel | None = None

    def perturb(self, search):
        raise NotImplementedError


def arm(name, **settings):
    return Arm(name="own", attack=name, settings=settings)


@pytest.fixture
def wrapper(monkeypatch):
    monkeypatch.setitem(CATALOGUES, Attack, {**CATALOGUES[Attack], "wrapper": Wrapper})


def test_an_attack_without_settings_has_its_defaults():
    assert attack(arm("jnd-perceptual")) == JndPerceptual()


def test_settings_are_numbers_fractions_names_and_tables():
    made = attack(
        arm(
            "jnd-perceptual",
            jnd={"kind": "yang", "variant": "ntu"},
            per={"arm": "l1+l2", "channel_weights": [1, 2, 3]},
            steps=7,
            step_size="2/255",
            warm_start=True,
            beta=None,
        )
    )

    assert made == JndPerceptual(
        jnd=Yang(variant="ntu"),
        per=PerceptualLoss(arm="l1+l2", channel_weights=(1.0, 2.0, 3.0)),
        steps=7,
        step_size=2 / 255,
        warm_start=True,
    )


def test_budgets_go_by_the_names_of_their_classes():
    linf = attack(arm("bim", budget={"kind": "linf", "epsilon": "4/255"}))
    box = attack(arm("bim", budget={"kind": "jnd-box", "jnd": "hvs-sd", "limit": 2}))

    assert linf == Bim(budget=Linf(4 / 255))
    assert box == Bim(budget=JndBox(HvsSd(), limit=2.0))


@pytest.mark.usefixtures("wrapper")
def test_a_new_attack_with_attacks_distances_and_models_inside_needs_nothing():
    made = attack(
        arm(
            "wrapper",
            inner={"kind": "bim", "steps": 3},
            inners=["bim", {"kind": "bim", "steps": 2}],
            distance={"kind": "beyond-jnd", "jnd": "chou-li", "tie": 0.5},
            perhaps={"kind": "calibrated", "model": "chou-li", "jnd": 0.5},
        )
    )

    assert made == Wrapper(
        inner=Bim(steps=3),
        inners=(Bim(), Bim(steps=2)),
        distance=BeyondJnd(jnd=ChouLi(), tie=0.5),
        perhaps=Calibrated(model=ChouLi(), jnd=0.5),
    )


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (arm("bmi"), "no attack for arms.own 'bmi'; did you mean bim"),
        (arm("bim", stpes=3), "no setting of arms.own 'stpes'; did you mean steps"),
        (arm("bim", steps="many"), "arms.own.steps: "),
        (arm("bim", steps=0), "arms.own: steps must be at least 1, got 0"),
        (arm("bim", budget={"kind": "linf"}), "arms.own.budget.epsilon must be given"),
        (arm("bim", budget={"epsilon": 0.1}), "arms.own.budget must say its kind, one of"),
        (arm("bim", budget=8), "arms.own.budget must be a name or a table, got 8"),
        (arm("bim", budget={"kind": "radius", "values": 1}), "cannot be given in a plan"),
        (arm("jnd-perceptual", jnd="yng"), "no jnd-model for arms.own.jnd 'yng'; did you mean"),
        (arm("jnd-perceptual", per={"arm": "l3"}), "arms.own.per.arm: "),
    ],
)
def test_a_bad_setting_is_named_with_its_place(made, words):
    with pytest.raises((SettingError, UnknownNameError)) as refused:
        attack(made)

    assert words in str(refused.value)


def test_an_attack_of_a_table_is_that_of_the_library():
    images = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    made = entry(Attack, {"kind": "bim", "steps": 2}, where="here")

    assert made == Bim(steps=2)
    assert torch.equal(made.budget.radius(images), Bim().budget.radius(images))
