"""Files of the frontier: ours as `protect` makes it, peers at the same visibility."""

import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias, final

import torch
from torch import Tensor

from sublimen.attacks.base import Attack
from sublimen.attacks.budget import Radius
from sublimen.attacks.goal import Goal
from sublimen.bench.frontier_people import Shown, Subject
from sublimen.bench.frontier_plan import BoxKind, held, own_settings, peer, wanted
from sublimen.bench.plan import Arm, validated
from sublimen.jnd.wu_2017 import Wu2017
from sublimen.photo.allowance import jnd_levels
from sublimen.photo.encoding import Codec
from sublimen.photo.fainter import blended, most_of
from sublimen.photo.file import open_photo
from sublimen.photo.gallery import Album, Gallery
from sublimen.photo.options import SUBLIMEN, SearchOptions
from sublimen.photo.panel import Panel, embedding
from sublimen.photo.patch import Patch, fade
from sublimen.photo.problem import FaceProblem, goal_of_all
from sublimen.photo.protect import Job
from sublimen.photo.region import region_of
from sublimen.recognisers.base import Embedder
from sublimen.recognisers.face import Box
from sublimen.types import LEVELS, Images, PhotoLevels
from sublimen.visibility.answer import Observer

RUNS: Final = 6
"""Times a peer is run to find its radius."""

NEAR: Final = 0.98
"""Share of the allowed reading from which a radius is not looked for any further."""

FAINT: Final = 0.8
"""Share of the allowed reading below which the largest radius is not all that could be had."""

AIM: Final = 0.99
"""Share of the allowed reading that the next radius is to read."""

FIRST: Final = {"flat": 1.3, "jnd": 0.3}
"""Radius of the first run at a reading of 1: levels, or shares of the JND map."""

LARGEST: Final = 255.0
"""Radius that is never exceeded."""

FAR: Final = 100.0
"""Margin beyond a threshold that is never reached, so that a peer uses all its steps."""


LITTLE: Final = 1.02
"""Least factor by which a radius that reads too little is enlarged."""

MUCH: Final = 4.0
"""Largest such factor."""

Probe: TypeAlias = tuple[float, float]
"""A radius, and what its file reads."""


@final
@dataclass(frozen=True, kw_only=True)
class Maker:
    """Makes files against some surrogates.

    Args:
        networks: The surrogates.
        observer: Who says how visible a change is.
        seed: Seed of every random choice.
        strangers: Whom arms with `wanted` lead towards, at least as many as any wants.
    """

    networks: tuple[Embedder, ...]
    observer: Observer
    seed: int
    strangers: tuple[Shown, ...] = ()

    def make(self, arm: Arm, subject: Subject, visibility: float) -> tuple[PhotoLevels, float]:
        """The levels of a saved PNG that reads at most `visibility`, and the seconds it took."""
        begun = time.monotonic()
        if arm.attack == SUBLIMEN:
            levels = self._ours(arm, subject, visibility)
        else:
            levels = self._peer(arm, subject, visibility)
        return levels, time.monotonic() - begun

    def _ours(self, arm: Arm, subject: Subject, visibility: float) -> PhotoLevels:
        """What `sublimen protect` saves."""
        settings = {"visibility": visibility, "seed": self.seed, **own_settings(arm)}
        panel = Panel.of(self.networks)
        optimised = tuple(meter for meter in self.observer.meters if meter.role == "optimised")
        with tempfile.TemporaryDirectory() as folder:
            job = Job(
                source=subject.path,
                target=Path(folder) / "saved.png",
                panel=panel,
                galleries=self._towards(panel, wanted(arm)),
                observer=replace(self.observer, meters=optimised),
                how=validated(SearchOptions, settings),
            )
            return job.run().saved

    def _peer(self, arm: Arm, subject: Subject, visibility: float) -> PhotoLevels:
        attack, kind = peer(arm)
        box = region_of(subject.face, self.networks, subject.levels)
        unit = unit_box(kind, subject.levels, box)
        goal = self._goal(subject, wanted(arm))
        return largest(
            subject.levels,
            lambda radius: self._attacked(attack, goal, subject, (box, radius * unit)),
            lambda levels: self.observer.limited(subject.levels, levels, [subject.face]),
            first=FIRST[kind] * visibility,
            limit=visibility,
        )

    def _goal(self, subject: Subject, count: int) -> Goal:
        """To go on for ever: away from the face, and towards the nearest of some strangers."""
        away = [embedding(network, subject.levels, subject.face) for network in self.networks]
        towards = [
            torch.stack([embedding(network, *one)[0] for one in self.strangers[:count]])[None]
            for network in self.networks
            if count
        ]
        return goal_of_all(self.networks, away, FAR, towards=towards)

    def _towards(self, panel: Panel, count: int) -> dict[Album, Gallery]:
        """Some strangers as everybody remembers them."""
        if not count:
            return {}
        gallery = Gallery.empty(panel.witnesses)
        for place, (levels, face) in enumerate(self.strangers[:count]):
            gallery = gallery.and_faces(f"stranger {place}", levels, [face], panel.witnesses)
        return {"towards": gallery}

    def _attacked(
        self, attack: Attack, goal: Goal, subject: Subject, inside_of: tuple[Box, Tensor]
    ) -> PhotoLevels:
        """The photo after an attack whose box is the allowance, in whole levels."""
        box, allowance = inside_of
        whole = dithered(allowance, self.seed)
        levels = subject.levels.copy()
        region = levels[box.slices].copy()
        patch = Patch(box, region, region, whole)
        problem = FaceProblem(
            networks=self.networks,
            goal=goal,
            patch=patch,
            face=subject.face,
            codec=Codec(open_photo(subject.path), Path("saved.png")),
            photo=levels,
        )
        inside = held(attack, Radius(patch.radius))
        outcome = inside(problem, patch.images, seed=self.seed)
        levels[box.slices] = problem.compose(outcome.images - patch.images)
        return levels


def unit_box(kind: BoxKind, levels: PhotoLevels, box: Box) -> Tensor:
    """The box of a radius of 1, in levels: flat or a JND map, fading out at the region's rim.

    Args:
        kind: Which.
        levels: The photo.
        box: The region.
    """
    shape = (1, levels.shape[2], box.height, box.width)
    if kind == "flat":
        inside = torch.ones(shape)
    else:
        whole = jnd_levels(levels, Wu2017())
        inside = torch.from_numpy(whole[:, *box.slices].copy())[None]
    return inside * fade(box.height, box.width)


def dithered(allowance: Images, seed: int) -> Images:
    """An allowance in whole levels: of 2.3 levels, 3 for three samples in ten and 2 for the others.

    A saved file holds whole levels only, and a flat box of 2 or 3 may read far less or more than
    what is allowed. So a radius may lie between.

    Args:
        allowance: In levels.
        seed: Of the choice of samples.

    Returns:
        The same in [0, 1].
    """
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.rand(allowance.shape, generator=generator)
    return (allowance + drawn).floor().clamp(0, LEVELS) / LEVELS


def largest(
    original: PhotoLevels,
    made: Callable[[float], PhotoLevels],
    seen: Callable[[PhotoLevels], float],
    *,
    first: float,
    limit: float,
) -> PhotoLevels:
    """The file of the largest radius that reads at most `limit`, of those that are tried.

    Where a straight line through the nearest readings on both sides meets the limit, and half way
    if one side stays where it is; a radius that reads nearly the limit ends it. Readings of some
    attacks jump: where the largest radius reads far less than it may, the file of the next larger
    one counts, with as much of its change as reads no more.

    Args:
        original: The photo, the file of radius 0.
        made: The file of a radius.
        seen: What a file reads.
        first: The first radius, above 0.
        limit: What may be read, above 0.
    """
    enough, too_much = (0.0, 0.0), (math.inf, math.inf)
    radius, found, beyond, above = first, original, original, 0
    for _ in range(RUNS):
        radius = min(radius, LARGEST)
        levels = made(radius)
        reading = seen(levels)
        if reading <= limit:
            enough, found, above = (radius, reading), levels, 0
        else:
            too_much, beyond, above = (radius, reading), levels, above + 1
        if NEAR * limit <= reading <= limit or enough[0] == LARGEST:
            break
        radius = _next(enough, too_much, AIM * limit, halve=above > 2)
    if enough[1] < FAINT * limit and math.isfinite(too_much[1]):
        _, found = most_of(
            lambda share: blended(original, beyond, share),
            seen,
            reading=too_much[1],
            limit=limit,
        )
    return found


def _next(enough: Probe, too_much: Probe, aim: float, *, halve: bool) -> float:
    """The radius to be tried next, between two that were tried, or beyond the larger one."""
    (least, low), (most, high) = enough, too_much
    if math.isinf(most):
        return least * (min(max(aim / low, LITTLE), MUCH) if low > 0 else MUCH)
    if halve or not low < aim < high:
        return (least + most) / 2
    return least + (most - least) * (aim - low) / (high - low)
