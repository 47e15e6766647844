"""The search over all faces of a photo, until nobody who steers matches it any more."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias, final

import numpy as np
import torch
from torch import Tensor

from sublimen.attacks.ledger import State
from sublimen.photo.allowance import Allowance
from sublimen.photo.encoding import Codec
from sublimen.photo.options import SUBLIMEN, SearchOptions
from sublimen.photo.panel import Template
from sublimen.photo.problem import FaceProblem, goal_of_all
from sublimen.photo.region import region_of, union
from sublimen.photo.search import search
from sublimen.photo.seen import SeenInPhoto
from sublimen.photo.sitting import Look, Sitter, Sitting
from sublimen.recognisers.base import Embedder
from sublimen.recognisers.face import Box, Face
from sublimen.types import PhotoLevels, RegionChange
from sublimen.visibility.answer import Observer

ROUNDS: Final = 5
"""Times a face is searched, each time further beyond the threshold, while a witness matches; once
by `sublimen`, which uses all that may be seen in the first."""

FURTHER: Final = 0.1
"""Distance by which the aim moves from one round to the next."""

Watch: TypeAlias = Callable[[str, State | None], None]
"""Told what is being done, and the state of the attack while it runs."""


@final
@dataclass(frozen=True, kw_only=True)
class Try:
    """What the search on one face came to.

    Args:
        box: The region that may change.
        changes: What each search moved and where, in levels; of `sublimen` before rounding.
        turns: How often it was searched.
        reached: Whether every surrogate was led astray in the file that would be saved; not asked
            of `sublimen`.
        gradients: Forward and backward passes.
        forwards: Forward passes alone.
    """

    box: Box
    changes: tuple[tuple[Box, RegionChange], ...] = ()
    turns: int = 0
    reached: bool = False
    gradients: int = 0
    forwards: int = 0


@final
@dataclass(frozen=True, kw_only=True)
class Crafted:
    """A photo with changed faces, not yet saved.

    Args:
        levels: The photo to save.
        saved: What will be read back from the file.
        looks: Each face as the witnesses see it in `saved`.
        tries: How the search on each face went.
        share: How much of the change that was found was used, of several faces the least; in
            [0, 2].
        visibility_bound: Whether the search itself used all that may be seen.
    """

    levels: PhotoLevels
    saved: PhotoLevels
    looks: tuple[Look, ...]
    tries: tuple[Try, ...]
    share: float = 1.0
    visibility_bound: bool = False


@final
@dataclass(frozen=True, kw_only=True)
class Craft:
    """The search over the faces of one photo.

    Args:
        sitting: The faces and who is asked about them.
        allowance: How far each sample may move.
        codec: What the saved file makes of a region.
        networks: The surrogates, who are the first of the sitting's witnesses.
        how: Limits of the search.
        observer: Who looks at the change.
        watch: Told about progress.
        asked: Asked whether the search should end with what it has.
    """

    sitting: Sitting
    allowance: Allowance
    codec: Codec
    networks: tuple[Embedder, ...]
    how: SearchOptions
    observer: Observer
    watch: Watch
    asked: Callable[[], bool] | None = None

    def run(self) -> Crafted:
        """Search face after face; ask the witnesses; go further where one still matches."""
        levels = self.sitting.levels.copy()
        saved, looks = levels, self.sitting.look(levels)
        tries = [Try(box=self._region(look.face)) for look in looks]
        pending = list(range(len(tries)))
        for _ in range(1 if self.how.using == SUBLIMEN else ROUNDS):
            for place in pending:
                self.watch(f"changing face {place + 1} of {len(tries)}", None)
                tries[place] = self._attack(place, looks[place].face, levels, tries[place])
            self.watch("asking the recognisers", None)
            saved = self.codec.read_back_whole(levels)
            looks = self.sitting.look(saved)
            pending = [k for k in pending if tries[k].reached and not self._hidden(looks[k])]
            if not pending:
                break
        return Crafted(
            levels=levels,
            saved=saved,
            looks=looks,
            tries=tuple(tries),
            visibility_bound=self.how.using == SUBLIMEN,
        )

    def _attack(self, place: int, face: Face, levels: PhotoLevels, so_far: Try) -> Try:
        """Search on one face and write the result into `levels`.

        The face is read where it was last detected: what is changed can move the landmarks, and
        the next detection must not bring the match back.
        """
        margin = self.how.margin + so_far.turns * FURTHER
        problem = self._problem(self.sitting.sitters[place], face, levels, margin)
        box = problem.patch.box
        seen = SeenInPhoto(
            photo=self.sitting.levels,
            base=levels,
            patch=problem.patch,
            face=face,
            codec=self.codec,
            observer=self.observer,
        )
        found = search(
            problem,
            self.how,
            seen,
            watch=lambda state: self.watch("", state),
            asked=self.asked,
        )
        levels[box.slices] = found.levels
        return Try(
            box=union(so_far.box, box),
            changes=(*so_far.changes, (box, found.change)),
            turns=so_far.turns + 1,
            reached=found.reached,
            gradients=so_far.gradients + found.gradients,
            forwards=so_far.forwards + found.forwards,
        )

    def _problem(
        self, sitter: Sitter, face: Face, levels: PhotoLevels, margin: float
    ) -> FaceProblem:
        places = range(len(self.networks))
        away = [_stacked(self.sitting.away(place, sitter)) for place in places]
        wanted = [self.sitting.towards(place) for place in places]
        return FaceProblem(
            networks=self.networks,
            goal=goal_of_all(
                self.networks,
                away,
                margin,
                towards=[_stacked(known) for known in wanted if known],
            ),
            patch=self.allowance.patch(self._region(face), levels),
            face=face,
            codec=self.codec,
            photo=levels,
        )

    def _region(self, face: Face) -> Box:
        """The part of the photo that may change for a face."""
        return region_of(face, self.networks, self.sitting.levels)

    def _hidden(self, look: Look) -> bool:
        """Whether the face is found and matches for none of the witnesses that may steer.

        A judge may not: it would give the search its opinion, if not its gradient.
        """
        pairs = zip(self.sitting.witnesses, look.distances, strict=True)
        steering = [(w, distance) for w, distance in pairs if w.role != "judge"]
        return look.found and all(distance > w.threshold for w, distance in steering)


def _stacked(templates: list[Template]) -> Tensor:
    """Several templates, for one image."""
    return torch.from_numpy(np.stack(templates))[None]
