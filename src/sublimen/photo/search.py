"""The search on one face: attack, then the smallest share of its answer that still does."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Final, final

import numpy as np
from torch import Tensor
from typing_extensions import override

from sublimen.attacks import ATTACKS
from sublimen.attacks.base import Attack, BoundedAttack
from sublimen.attacks.budget import Radius
from sublimen.attacks.distances import Distance
from sublimen.attacks.jnd_perceptual import JndPerceptual
from sublimen.attacks.ledger import Limits, State
from sublimen.attacks.outcome import Outcome
from sublimen.attacks.search import Search
from sublimen.attacks.sublimen import Sublimen
from sublimen.attacks.transformations import Chained
from sublimen.catalogue import look_up
from sublimen.errors import SettingError
from sublimen.jnd.base import JndModel, Whole
from sublimen.photo.as_saved import AsSaved
from sublimen.photo.effort import Effort
from sublimen.photo.options import ALLOWED, SearchOptions
from sublimen.photo.problem import FaceProblem
from sublimen.types import Images, JndMap, PhotoLevels, RegionChange

PROBES: Final = 5
"""Forward passes spent on shortening a perturbation that did it: to 1/32 of its length."""

HELD: Final = tuple(
    name
    for name, kind in ATTACKS.items()
    if issubclass(kind, BoundedAttack | JndPerceptual | Sublimen)
)
"""Attacks that a map can hold."""


@final
@dataclass(frozen=True, kw_only=True)
class Found:
    """What a search came to.

    Args:
        levels: The region with its change, in levels.
        change: That change in levels; of `sublimen` before it was rounded, to be scaled.
        reached: Whether the goal is met in the file that would be saved; not asked of `sublimen`,
            whose change is yet to be scaled.
        gradients: Forward and backward passes.
        forwards: Forward passes alone.
    """

    levels: PhotoLevels
    change: RegionChange
    reached: bool
    gradients: int
    forwards: int


def search(
    problem: FaceProblem,
    how: SearchOptions,
    seen: Distance,
    *,
    watch: Callable[[State], None] | None = None,
    asked: Callable[[], bool] | None = None,
) -> Found:
    """Attack one face inside its patch's allowance.

    The perturbation is shortened as far as the goal allows. That of `sublimen` is what the search
    ends with: how much of it may be seen is for the file to say.

    Args:
        problem: The face.
        how: The attack and its limits.
        seen: How well a change of it is seen.
        watch: Told the state before each step.
        asked: Asked whether the search should end with what it has.

    Raises:
        UnknownNameError: If there is no such attack.
    """
    images, effort = problem.patch.images, Effort.of(how.effort)
    attack = inside(how.using, problem.patch.radius)
    limits = Limits(seconds=effort.seconds, asked=asked)
    if isinstance(attack, Sublimen):
        saved = AsSaved(patch=problem.patch, codec=problem.codec)
        attack = replace(
            attack,
            visibility=how.allowed or ALLOWED,
            seen=seen,
            view=Chained(views=(saved, attack.view)),
            steps=effort.steps,
        )
        begun = Search(problem, images, seed=how.seed, watch=watch, limits=limits)
        change = attack.change(begun)
        levels = problem.compose(change)
        return _found(levels, problem.patch.change(change), begun.outcome())
    outcome = attack(problem, images, seed=how.seed, watch=watch, limits=limits)
    perturbation, probes = outcome.images - images, 0
    if outcome.reached.item():
        perturbation, probes = shortest(problem, images, perturbation)
    levels = problem.compose(perturbation)
    return _found(levels, levels.astype(np.float32) - problem.patch.base, outcome, probes)


def _found(levels: PhotoLevels, change: RegionChange, outcome: Outcome, probes: int = 0) -> Found:
    return Found(
        levels=levels,
        change=change,
        reached=bool(outcome.reached.item()),
        gradients=int(outcome.gradients.item()),
        forwards=int(outcome.forwards.item()) + probes,
    )


def inside(name: str, radius: Images) -> Attack:
    """The attack called `name`, held inside a ready map of radii.

    An attack without a budget of its own, such as the paper's method, gets the map as what people
    notice; where it goes further, the patch stops it.

    Raises:
        UnknownNameError: If there is no such attack.
        SettingError: If it cannot be held inside a map.
    """
    attack = check_attack(name)
    if issubclass(attack, BoundedAttack | Sublimen):
        return attack(budget=Radius(radius))
    return JndPerceptual(jnd=ReadyMap(values=radius))


def check_attack(name: str) -> type[Attack]:
    """The class of an attack that a map can hold.

    Raises:
        UnknownNameError: If there is no such attack.
        SettingError: If it cannot be held inside a map.
    """
    attack = look_up(ATTACKS, name, kind="attack")
    if name not in HELD:
        raise SettingError(
            f"attack for a photo must be one that a map can hold, {', '.join(HELD)}, got {name}"
        )
    return attack


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class ReadyMap(JndModel):
    """A map that has been computed already, as a model.

    Args:
        values: Thresholds in the unit of the images.
    """

    name: ClassVar[str] = "ready-map"
    halo: ClassVar[int] = 0
    minimum_size: ClassVar[int] = 1

    values: Tensor

    @override
    def threshold(self, images: Images, whole: Whole) -> JndMap:
        return self.values


def shortest(problem: FaceProblem, images: Images, perturbation: Tensor) -> tuple[Tensor, int]:
    """The least share of a perturbation that still reaches the goal, by bisection.

    Returns:
        The shortened perturbation and the number of forward passes.
    """
    too_little, enough = 0.0, 1.0
    for _ in range(PROBES):
        share = (too_little + enough) / 2
        if problem.reached(images + share * perturbation).item():
            enough = share
        else:
            too_little = share
    return enough * perturbation, PROBES
