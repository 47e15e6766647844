"""Units of a frontier: a person under an arm at a visibility and in a round, judged as a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import TypeAlias, final

import numpy as np

from sublimen.bench.frontier_craft import Maker
from sublimen.bench.frontier_people import Subject, strangers
from sublimen.bench.frontier_plan import CLEAN, FrontierPlan, Round, wanted
from sublimen.bench.frontier_rows import EVERY, Key, Row
from sublimen.photo.classical import errors
from sublimen.photo.panel import Template, Witness, distance
from sublimen.photo.sitting import Look, Sitting
from sublimen.photo.uploads import UPLOADS
from sublimen.recognisers.base import Embedder
from sublimen.types import PhotoLevels
from sublimen.visibility.answer import Observer

Known: TypeAlias = Mapping[str, list[Template]]
"""A person's other photos as each recogniser remembers them."""


@final
@dataclass(frozen=True, kw_only=True)
class Bench:
    """A plan with all that its units need.

    Args:
        plan: The plan.
        rounds: Those of its rounds that are run.
        networks: Every recogniser of the rounds, by name.
        observer: Who looks at a change.
        data: Folder of the evaluation data, for strangers.
    """

    plan: FrontierPlan
    rounds: tuple[Round, ...]
    networks: Mapping[str, Embedder]
    observer: Observer
    data: Path = Path()

    @cached_property
    def clean(self) -> tuple[Witness, ...]:
        """Everybody, as asked about the photos as they came."""
        return tuple(Witness.of(network, "judge") for network in self.networks.values())

    def units(self, subject: Subject, done: set[Key]) -> Iterator[list[Row]]:
        """The rows of every unit of a person that is not done."""
        number = subject.number
        clean: Key = (number, CLEAN, 0.0, EVERY)
        every = product(self.rounds, self.plan.visibilities, self.plan.arms)
        keys = {(number, arm.name, seen, one.roles): (one, arm) for one, seen, arm in every}
        missing = {key: made_by for key, made_by in keys.items() if key not in done}
        if not missing and clean in done:
            return
        known = {
            witness.name: [witness.embed(*other) for other in subject.others]
            for witness in self.clean
        }
        most = max(map(wanted, self.plan.arms))
        others = strangers(self.data, count=most, without=number, seed=self.plan.seed)
        if clean not in done:
            yield self._rows(clean, self.clean, (subject, known), (subject.levels, 0.0))
        for key, (one, arm) in missing.items():
            maker = Maker(
                networks=tuple(self.networks[name] for name in one.surrogates),
                observer=self.observer,
                seed=self.plan.seed,
                strangers=others,
            )
            _, _, visibility, _ = key
            made = maker.make(arm, subject, visibility)
            yield self._unit(key, one, (subject, known), made)

    def _unit(
        self,
        key: Key,
        one: Round,
        who: tuple[Subject, Known],
        made: tuple[PhotoLevels, float],
    ) -> list[Row]:
        witnesses = (
            *(Witness.of(self.networks[name], "surrogate") for name in one.surrogates),
            *(Witness.of(self.networks[name], "judge") for name in one.judges),
        )
        return self._rows(key, witnesses, who, made)

    def _rows(
        self,
        key: Key,
        witnesses: tuple[Witness, ...],
        who: tuple[Subject, Known],
        made: tuple[PhotoLevels, float],
    ) -> list[Row]:
        """What every recogniser says of every version of a file."""
        (subject, known), (levels, seconds) = who, made
        sitting = Sitting.of(subject.levels, [subject.face], witnesses)
        read = self._readings(subject, levels)
        identity, arm, visibility, roles = key
        found = []
        for version in self.plan.versions:
            (look,) = sitting.look(UPLOADS[version].make(levels))
            for place, witness in enumerate(witnesses):
                matches, mean = _compared(look, place, witness, known[witness.name])
                found.append(
                    Row(
                        identity=identity,
                        arm=arm,
                        visibility=visibility,
                        roles=roles,
                        recogniser=witness.name,
                        role=EVERY if arm == CLEAN else witness.role,
                        version=version,
                        found=look.found,
                        matches=matches,
                        distance=mean,
                        seconds=seconds,
                        **read,
                    )
                )
        return found

    def _readings(self, subject: Subject, levels: PhotoLevels) -> dict[str, float]:
        """How visible the file is, by the meters that count and by those that only judge."""
        if np.array_equal(levels, subject.levels):
            nothing = dict.fromkeys(("jnd_unseen", "jnd_unseen_desk", "jnd_unseen_worst"), 0.0)
            return {"jnd": 0.0, "psnr": float("inf"), **nothing}
        seen = self.observer.compare(subject.levels, levels, [subject.face])
        unseen = [reading.jnd_unseen for reading in seen.viewings.values()]
        noise = errors(subject.levels, levels)["psnr"]
        return {
            "jnd": seen.jnd,
            "jnd_unseen": _number(seen.jnd_unseen),
            "jnd_unseen_desk": _number(seen.viewings["desk"].jnd_unseen),
            "jnd_unseen_worst": max(map(_number, unseen)),
            "psnr": float("inf") if noise is None else noise,
        }


def _compared(look: Look, place: int, witness: Witness, known: list[Template]) -> tuple[str, float]:
    """Whether a face matches each other photo, and the mean distance over the threshold."""
    distances = [distance(look.templates[place], template) for template in known]
    matches = "".join("1" if one <= witness.threshold else "0" for one in distances)
    return matches, float(np.mean(distances)) / witness.threshold


def _number(reading: float | None) -> float:
    return float("nan") if reading is None else reading
