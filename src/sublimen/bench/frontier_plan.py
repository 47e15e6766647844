"""Plans of the frontier: who is protected, how, against whom, and how visibly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final, Literal, TypeAlias, final

from sublimen.attacks.base import Attack, BoundedAttack
from sublimen.attacks.budget import Budget
from sublimen.attacks.through import Through
from sublimen.bench import arms
from sublimen.bench.plan import STRICT, Arm, check_different, validated
from sublimen.bench.plan_file import arms_listed, packaged, read_table
from sublimen.catalogue import look_up
from sublimen.checks import at_least
from sublimen.errors import SettingError
from sublimen.photo.options import SUBLIMEN, SearchOptions
from sublimen.photo.uploads import UPLOADS
from sublimen.settings import positive

BoxKind: TypeAlias = Literal["flat", "jnd"]

Source: TypeAlias = Literal["lfw", "uncropped"]
"""`lfw`: people of Labeled Faces in the Wild, one photo of each against others of theirs;
`uncropped`: stock photos of any size, each against itself as it came."""

BOX: Final[Mapping[str, BoxKind]] = {"flat": "flat", "jnd": "jnd"}
"""What a peer is held in: as much for every sample, or as much as a JND map says."""

CLEAN: Final = "clean"
"""The arm that every plan has: the photos as they came."""

OURS: Final = frozenset({"effort", "jnd", "map_limit"})
"""Settings of `sublimen.photo.options.SearchOptions` that an arm of ours may have."""

WANTED: Final = "wanted"
"""Setting of any arm: how many strangers it leads towards, the nearest of them at a time."""


@final
@dataclass(frozen=True, kw_only=True)
class Round:
    """Who gives gradients and who only judges, in one part of a run.

    Args:
        surrogates: Names of recognisers, at least one.
        judges: Names of others.
    """

    __pydantic_config__: ClassVar = STRICT

    surrogates: tuple[str, ...]
    judges: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        at_least(1, surrogates=len(self.surrogates))
        check_different("recognisers of a round", self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, the surrogates first."""
        return (*self.surrogates, *self.judges)

    @property
    def roles(self) -> str:
        """Name in rows: surrogates, then judges."""
        return " > ".join("+".join(names) for names in (self.surrogates, self.judges))


@final
@dataclass(frozen=True, kw_only=True)
class FrontierPlan:
    """A run of the frontier.

    Args:
        title: What the tables are headed with.
        seed: Seed of the choice of people and of every attack.
        source: Whose photos they are.
        identities: How many people, at least 1; one photo of each is protected. Uncropped photos
            count each for a person.
        others: Other photos of each person that it is compared with, at least 1; an uncropped
            photo is compared with itself.
        visibilities: JND by the worst optimised meter that every arm may read, above 0 each.
        arms: The methods. Ours has `effort`, `jnd` and `map_limit`; a peer has its attack's own
            settings and `box`, `flat` or `jnd`. Any may have `wanted`, a number of strangers whom
            the face is led towards.
        versions: Names in `sublimen.photo.uploads.UPLOADS`.
        rounds: Who gives gradients and who judges; if there are none, each installed recogniser
            judges once and all others give gradients.
    """

    __pydantic_config__: ClassVar = STRICT

    title: str
    arms: tuple[Arm, ...]
    seed: int = 0
    source: Source = "lfw"
    identities: int = 50
    others: int = 7
    visibilities: tuple[float, ...] = (0.5, 1.0, 2.0, 3.0)
    versions: tuple[str, ...] = tuple(UPLOADS)
    rounds: tuple[Round, ...] = ()

    def __post_init__(self) -> None:
        counts = {"arms": len(self.arms), "versions": len(self.versions)}
        at_least(1, identities=self.identities, others=self.others, **counts)
        at_least(1, visibilities=len(self.visibilities))
        for visibility in self.visibilities:
            positive(visibilities=visibility)
        check_different("visibilities", [f"{visibility:g}" for visibility in self.visibilities])
        check_different("versions", self.versions)
        check_different("arms", [CLEAN, *(arm.name for arm in self.arms)])
        check_different("rounds", [one.roles for one in self.rounds])
        for name in self.versions:
            look_up(UPLOADS, name, kind="version")
        for arm in self.arms:
            wanted(arm)
            if arm.attack == SUBLIMEN:
                _check_ours(arm)
            else:
                peer(arm)


def read(plan: str) -> FrontierPlan:
    """A plan by the name of a packaged one, or by its path.

    Args:
        plan: A name, or a path that ends in `.toml`. A plan that `extends` a packaged one says
            only what differs.

    Raises:
        UnknownNameError: If no packaged plan has that name, or something in it is unknown.
        PhotoError: If there is no such file.
        SettingError: If it is no plan, naming the key.
    """
    found = read_table(plan, packaged(frontier=True))
    return validated(FrontierPlan, arms_listed(found))


def wanted(arm: Arm) -> int:
    """How many strangers an arm leads towards.

    Raises:
        SettingError: If it is no whole number of at least 0.
    """
    number = arm.settings.get(WANTED, 0)
    if not isinstance(number, int) or number < 0:
        raise SettingError(
            f"arms.{arm.name}.{WANTED} must be a whole number of at least 0, got {number!r}"
        )
    return number


def peer(arm: Arm) -> tuple[Attack, BoxKind]:
    """The attack of a peer's arm, without its box, and what box it gets.

    Raises:
        UnknownNameError: If there is no such attack or box.
        SettingError: If the attack cannot be held in a box, or a setting is wrong.
    """
    settings = own_settings(arm)
    box = settings.pop("box", None)
    if not isinstance(box, str):
        raise SettingError(f"arms.{arm.name} must have a box, {' or '.join(BOX)}, got {box!r}")
    kind = look_up(BOX, box, kind="box")
    attack = arms.attack(replace(arm, settings=settings))
    if not isinstance(attack.inner if isinstance(attack, Through) else attack, BoundedAttack):
        raise SettingError(f"arms.{arm.name} must be an attack inside a box, got {arm.attack}")
    return attack, kind


def own_settings(arm: Arm) -> dict[str, object]:
    """The settings of an arm but for whom it leads towards."""
    return {key: value for key, value in arm.settings.items() if key != WANTED}


def held(attack: Attack, budget: Budget) -> Attack:
    """The same attack inside another box.

    Args:
        attack: One that `peer` gives.
        budget: How far each sample may move.
    """
    if isinstance(attack, Through):
        return replace(attack, inner=held(attack.inner, budget))
    assert isinstance(attack, BoundedAttack)
    return replace(attack, budget=budget)


def possible(
    plan: FrontierPlan, there: Sequence[str]
) -> tuple[tuple[Round, ...], tuple[Round, ...]]:
    """The rounds of a plan that can be run, and those for which a recogniser is missing.

    Args:
        plan: The plan.
        there: Names of the recognisers that are installed.

    Raises:
        SettingError: If none can be run.
    """
    every = plan.rounds or tuple(
        Round(surrogates=tuple(name for name in there if name != judge), judges=(judge,))
        for judge in there
        if len(there) > 1
    )
    can = tuple(one for one in every if set(one.names) <= set(there))
    if not can:
        raise SettingError(
            f"plan must have a round whose recognisers are installed, got {', '.join(there)}; "
            "see sublimen weights list"
        )
    return can, tuple(one for one in every if one not in can)


def _check_ours(arm: Arm) -> None:
    known = {name: name for name in OURS}
    settings = own_settings(arm)
    for key in settings:
        look_up(known, key, kind=f"setting of arms.{arm.name}")
    validated(SearchOptions, settings)
