"""Units of work of a run: a part of the images under one goal, point and arm."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final, final

import torch
from typing_extensions import override

from sublimen.bench.arms import attack
from sublimen.bench.craft import Crafted, craft, goal_of, problem_of, publish
from sublimen.bench.judge import Judge
from sublimen.bench.places import evaluation_data
from sublimen.bench.plan import ORIGINAL, Aim, Plan, Point
from sublimen.bench.rows import Cost, Gap, Outcome, Quality, Rows
from sublimen.bench.subjects import Subjects, people, pictures, subjects
from sublimen.errors import GoalError, MissingExtraError, OutputError, SettingError
from sublimen.recognisers.loading import load
from sublimen.recognisers.recogniser import Recogniser
from sublimen.types import Images

GALLERY: Final = "{gallery}"
"""Stands for a folder with the photos of this run's people in the name of a recogniser."""

KNOWN: Final = 10
"""People in that folder at least: with two of them, any other class would be the wanted one."""

FILES: Final = "files"
"""Folder of the files that were made."""


@final
@dataclass(frozen=True, kw_only=True)
class Unit:
    """What one process does at a time.

    Args:
        goal: What the adversary wants.
        point: The fixed point.
        arm: Name of the arm, or `original`.
        first: Place of the first image.
        last: Place after the last image.
    """

    goal: Aim
    point: Point
    arm: str
    first: int
    last: int

    @property
    def folder(self) -> Path:
        """Where its files are, in the folder of all files."""
        return Path(self.goal, self.point.name, self.arm)

    @property
    def name(self) -> str:
        """Name of the file of its rows."""
        return f"{self.goal}.{self.point.name}.{self.arm}.{self.first:05}"

    @override
    def __str__(self) -> str:
        return f"{self.goal}, {self.point.name}, {self.arm}, images {self.first + 1} to {self.last}"


def units(plan: Plan, count: int) -> list[Unit]:
    """All units of a run in the order of its rows.

    Args:
        plan: The plan.
        count: How many images there are.
    """
    arms = (ORIGINAL, *(arm.name for arm in plan.arms))
    return [
        Unit(goal=goal, point=point, arm=arm, first=first, last=min(first + plan.chunk, count))
        for goal, point, arm in product(plan.goals, plan.points, arms)
        for first in range(0, count, plan.chunk)
    ]


@final
class Bench:
    """A plan with all that its units need, loaded once a process.

    Args:
        plan: The plan.
        data: Folder of the evaluation data; looked for if needed and not given.
        output: Folder of the run.
        recogniser: That of the plan, if it has been loaded already.

    Raises:
        SublimenError: If anything that the plan names is not there.
    """

    def __init__(
        self, plan: Plan, data: Path | None, output: Path, recogniser: Recogniser | None = None
    ) -> None:
        self.plan, self.output = plan, output
        self.attacks = {arm.name: attack(arm) for arm in plan.arms}
        if plan.pictures.source in {"nips17", "lfw"}:
            data = data or evaluation_data()
        self.data = data
        self.recogniser = recogniser or load(self._recogniser())
        self.judge = Judge(self.recogniser.model, plan.measures)
        self.pictures = pictures(plan.pictures, self.recogniser, data)

    def _recogniser(self) -> str:
        """The recogniser's name, with a folder of this run's people if it asks for one."""
        name = self.plan.recogniser
        if GALLERY not in name:
            return name
        if self.plan.pictures.source != "lfw" or self.data is None:
            raise SettingError(f"recogniser must not hold {GALLERY} without images of lfw")
        folder = self.output / "gallery"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for person in people(self.data, max(self.plan.pictures.count, KNOWN)):
                link = folder / person.name
                if not link.is_symlink():
                    link.symlink_to(person.resolve(), target_is_directory=True)
        except OSError as error:
            raise OutputError(f"{folder} must be writable, got: {error.strerror}") from error
        return name.replace(GALLERY, str(folder))

    def perform(self, unit: Unit) -> Rows:
        """Make the files of a unit, and judge them.

        Where what an arm needs is not installed, or another library's attack was not made for the
        goal, the rows say so.
        """
        found = subjects(self.pictures[unit.first : unit.last], self.recogniser)
        try:
            crafted = self._craft(unit, found)
        except (MissingExtraError, GoalError) as error:
            return Rows(gaps=tuple(self._gaps(unit, found, error)))
        images = found.images if crafted is None else crafted.images
        files = publish(self.output / FILES / unit.folder, found.names, images)
        named = dict(zip(found.names, files, strict=True))
        outcomes = tuple(self._outcomes(unit, found, named))
        if crafted is None:
            return Rows(outcomes=outcomes)
        return Rows(
            outcomes=outcomes,
            qualities=tuple(self._qualities(unit, found, named)),
            costs=tuple(self._costs(unit, found, crafted)),
        )

    def _craft(self, unit: Unit, found: Subjects) -> Crafted | None:
        if unit.arm == ORIGINAL:
            return None
        goal = goal_of(unit.goal, found, unit.point.margin)
        equal = (unit.point.at, self.judge.reading) if unit.point.fixed == "visibility" else None
        return craft(
            self.attacks[unit.arm],
            problem_of(self.recogniser.model, goal, unit.point),
            found.images,
            seed=self.plan.seed,
            visibility=equal,
        )

    def _outcomes(
        self, unit: Unit, found: Subjects, files: Mapping[str, Path]
    ) -> Iterator[Outcome]:
        goal = goal_of(unit.goal, found, unit.point.margin)
        for row, image in enumerate(found.names):
            own = goal.at(torch.tensor([row]))
            verdicts = self.judge.outcomes(files[image], own, unit.point.quality)
            for file, fooled in verdicts.items():
                yield Outcome(
                    **self._key(unit, image), victim=self.plan.recogniser, file=file, fooled=fooled
                )

    def _qualities(
        self, unit: Unit, found: Subjects, files: Mapping[str, Path]
    ) -> Iterator[Quality]:
        originals: tuple[Images, ...] = found.images.chunk(len(found.images))
        for image, original in zip(found.names, originals, strict=True):
            for metric, value in self.judge.qualities(original, files[image]).items():
                yield Quality(**self._key(unit, image), metric=metric, value=value)

    def _costs(self, unit: Unit, found: Subjects, crafted: Crafted) -> Iterator[Cost]:
        for row, image in enumerate(found.names):
            yield Cost(
                **self._key(unit, image),
                gradients=crafted.gradients[row],
                forwards=crafted.forwards[row],
                seconds=crafted.seconds[row],
                cpu_seconds=crafted.cpu_seconds[row],
            )

    def _gaps(self, unit: Unit, found: Subjects, error: Exception) -> Iterator[Gap]:
        reason = " ".join(str(error).replace(",", ";").replace('"', "'").split())
        for image in found.names:
            yield Gap(**self._key(unit, image), reason=reason)

    def _key(self, unit: Unit, image: str) -> dict[str, str]:
        return {
            "arm": unit.arm,
            "goal": unit.goal,
            "point": unit.point.name,
            "surrogate": self.plan.recogniser,
            "image": image,
        }
