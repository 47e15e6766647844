"""Attacks on image files, one after the other, with progress and results."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, final

import torch
from rich.table import Table

from sublimen.attacks import Attack, Goal, Options, Outcome, State, Targeted, Untargeted
from sublimen.attacks.function import attack, chosen, within
from sublimen.cli.attack_inputs import Place, parse_budget, parse_class, places
from sublimen.cli.attack_options import AttackOptions
from sublimen.cli.attack_subject import Subject, subject_of
from sublimen.cli.main import BAD_INPUT, complain
from sublimen.cli.output import people, print_json, print_table
from sublimen.cli.protecting import progress
from sublimen.errors import SettingError, SublimenError
from sublimen.imaging.levels import from_bytes, to_bytes
from sublimen.photo.encoding import Codec
from sublimen.photo.write import check_target, save_photo
from sublimen.recognisers.loading import load
from sublimen.recognisers.recogniser import Recogniser
from sublimen.types import Images

NOT_REACHED: Final = 1
"""Exit status when an image is not misread."""


@final
@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of an image; the fields are the keys of its JSON object.

    Args:
        input: The image.
        output: The file that was written; `None` if none was.
        reached: Whether that file is at the goal, judged as it is read back.
        at_no_cost: Whether the image was at the goal as it came.
        label: Its class: the given one, or what the recogniser takes the original for.
        target: The wanted class, if one was.
        before: What the recogniser takes the original for.
        after: What it takes the result for; the original where nothing was written.
        gradients: Forward and backward passes of the search.
        forwards: Forward passes alone.
        quality: Metrics of the result by name; `None` for one that is infinite.
        notes: What else should be known.
    """

    input: str
    output: str | None
    reached: bool
    at_no_cost: bool
    label: str | int
    target: str | int | None
    before: str | int
    after: str | int
    gradients: int
    forwards: int
    quality: dict[str, float | None]
    notes: tuple[str, ...]


@final
@dataclass(frozen=True)
class Run:
    """One call of `sublimen attack`.

    Args:
        using: The attack.
        recogniser: Who is to be misled.
        how: What was chosen.
        label: True class of all images, if it was given.
        target: Wanted class, if there is one.
    """

    using: Attack
    recogniser: Recogniser
    how: AttackOptions
    label: int | None
    target: int | None

    @classmethod
    def of(cls, using: str, recogniser: str, how: AttackOptions) -> "Run":
        """A run, as far as it can be told without any image.

        Raises:
            SublimenError: If an attack, recogniser, budget or class cannot be had.
        """
        budget = parse_budget(how.budget, how.jnd)
        found = chosen(using) if budget is None else within(chosen(using), budget)
        known = load(recogniser)
        if known.answers != "classes":
            raise SettingError(
                f"recogniser must be a classifier, got {recogniser}, which embeds faces; use "
                "sublimen protect for faces, or identities:FOLDER"
            )
        label, target = (parse_class(text, known) for text in (how.label, how.target))
        if target is not None and target == label:
            raise SettingError(f"target must differ from label, got {how.target} for both")
        return cls(found, known, how, label, target)

    def all(self, inputs: Sequence[Path], output: Path, *, json: bool) -> int:
        """Attack every image; a bad one does not stop the others."""
        found = places(inputs, output, f".{self.how.format}", force=self.how.force)
        statuses, results = [], []
        for place in found:
            try:
                result = self._one(place)
            except SublimenError as error:
                named = str(place.source) in str(error)
                complain(error if named else f"{place.source}: {error}")
                statuses.append(BAD_INPUT)
                continue
            statuses.append(0 if result.reached else NOT_REACHED)
            results.append(result)
            if json:
                print_json(result)
        if not json and results:
            print_table(table(results))
        written = sum(result.output is not None for result in results)
        people().print(f"{summary(results, len(found))}; {written} written to {output}")
        return max(statuses)

    def _one(self, place: Place) -> Result:
        subject = subject_of(place.source, self.recogniser, self.how.side)
        images = subject.images
        before = subject.taken_for(images)
        with progress(place.source.name) as watch:
            outcome = self._attack(subject, lambda state: watch("", state))
        found = bool(outcome.reached)
        saved = images
        if found or self.how.failures:
            saved = self._save(place, subject, outcome.images)
        with torch.no_grad():
            output = subject.model(saved)
        reached = found and bool(self._goal(before).reached(output))
        lost = f"the goal was reached and lost in the {self.how.format} file; png keeps it"
        return Result(
            input=str(place.source),
            output=str(place.target) if found or self.how.failures else None,
            reached=reached,
            at_no_cost=reached and bool(outcome.at_no_cost),
            label=self._named(before if self.label is None else self.label),
            target=None if self.target is None else self._named(self.target),
            before=self._named(before),
            after=self._named(int(output.argmax(dim=1))),
            gradients=int(outcome.gradients),
            forwards=int(outcome.forwards),
            quality=_quality(replace(outcome, images=saved)),
            notes=(*subject.notes, lost) if found and not reached else subject.notes,
        )

    def _attack(self, subject: Subject, watch: Callable[[State], None]) -> Outcome:
        how = self.how
        return attack(
            subject.model,
            subject.images,
            using=self.using,
            labels=None if self.label is None else torch.tensor([self.label]),
            targets=None if self.target is None else torch.tensor([self.target]),
            options=Options(
                generator=torch.Generator().manual_seed(how.seed),
                max_gradients=how.max_gradients,
                time_budget=how.seconds,
                watch=watch,
                margin=how.margin,
            ),
        )

    def _goal(self, before: int) -> Goal:
        if self.target is not None:
            return Targeted(torch.tensor([self.target]), self.how.margin)
        label = before if self.label is None else self.label
        return Untargeted(torch.tensor([label]), self.how.margin)

    def _save(self, place: Place, subject: Subject, images: Images) -> Images:
        """Write an image and read it back."""
        force = self.how.force
        check_target(place.source, place.target, force=force)
        codec = Codec(subject.photo, place.target)
        return from_bytes(save_photo(codec, to_bytes(images), force=force))

    def _named(self, number: int) -> str | int:
        labels = self.recogniser.labels
        return labels[number] if labels else number


def _quality(outcome: Outcome) -> dict[str, float | None]:
    measured = {name: float(value) for name, value in outcome.metrics().items()}
    return {name: value if math.isfinite(value) else None for name, value in measured.items()}


def table(results: Sequence[Result]) -> Table:
    """The results for people, one line an image."""
    shown = Table("image", "read as", "gradients", "PSNR", "dE", "levels", "result")
    for column in (shown.columns[0], shown.columns[1], shown.columns[-1]):
        column.overflow = "fold"
    for result in results:
        quality = result.quality
        shown.add_row(
            Path(result.input).name,
            f"{result.before} -> {result.after}",
            str(result.gradients),
            _number(quality["psnr"], ".1f"),
            _number(quality["ciede2000_mean"], ".3f"),
            _number(quality["linf"], ".0f"),
            "; ".join([_verdict(result), *result.notes]),
        )
    return shown


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _verdict(result: Result) -> str:
    if result.at_no_cost:
        return "as it came"
    return "misread" if result.reached else "not reached"


def summary(results: Sequence[Result], asked: int) -> str:
    """How many were misread, those that needed nothing apart."""
    free = sum(result.at_no_cost for result in results)
    reached = sum(result.reached for result in results)
    words = [f"{reached - free} of {len(results) - free} misread"]
    if free:
        words.append(f"{free} at the goal as they came, at no cost")
    if asked > len(results):
        words.append(f"{asked - len(results)} could not be used")
    return "; ".join(words)
