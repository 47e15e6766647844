"""Making the files of a run: the only part that knows the attack."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from sublimen.attacks import Attack, Goal, Problem, Recognition, Targeted, Untargeted
from sublimen.bench.plan import Aim, Point
from sublimen.bench.results import writable
from sublimen.bench.scaled import scaled
from sublimen.bench.subjects import Subjects
from sublimen.bench.survival import Survival
from sublimen.imaging.levels import to_bytes
from sublimen.imaging.picture import png
from sublimen.types import Count, Images, Output
from sublimen.whole_file import write_atomically

GRADIENT: Final = 3
"""Forward passes that take as long as one forward and backward pass, roughly."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Crafted:
    """What an attack made of some images.

    Args:
        images: What is published, on the 8-bit lattice.
        gradients: Forward and backward passes of each.
        forwards: Forward passes alone of each.
        seconds: Each image's share of the time of the attack, by its passes.
        cpu_seconds: The same share of the processor's time.
    """

    images: Images
    gradients: tuple[int, ...]
    forwards: tuple[int, ...]
    seconds: tuple[float, ...]
    cpu_seconds: tuple[float, ...]


def goal_of(aim: Aim, subjects: Subjects, margin: float = 0.0) -> Goal:
    """What the adversary wants of some images.

    Args:
        aim: Which goal.
        subjects: The images with their classes.
        margin: Difference of logits by which the goal must lead, at least 0.
    """
    if aim == "targeted":
        return Targeted(subjects.targets, margin)
    return Untargeted(subjects.labels, margin)


def problem_of(model: Callable[[Images], Output], goal: Goal, point: Point) -> Problem:
    """What an attack is given so that a fixed point holds.

    Args:
        model: The surrogate.
        goal: What the adversary wants, with the point's margin.
        point: The fixed point.
    """
    if point.quality is not None:
        return Survival(model, goal, point.quality)
    return Recognition(model, goal)


def craft(
    attack: Attack,
    problem: Problem,
    images: Images,
    *,
    seed: int,
    visibility: tuple[float, Callable[[Images, Images], float]] | None = None,
) -> Crafted:
    """Attack some images and count what it cost.

    Args:
        attack: The method.
        problem: What it is given.
        images: Originals.
        seed: Seed of its random choices.
        visibility: JND that every change is scaled to, and what reads them.
    """
    begun, begun_cpu = time.perf_counter(), time.process_time()
    outcome = attack(problem, images, seed=seed)
    elapsed, elapsed_cpu = time.perf_counter() - begun, time.process_time() - begun_cpu
    published = outcome.images
    if visibility is not None:
        limit, reading = visibility
        published = scaled(images, published, limit, reading)
    return Crafted(
        images=published,
        gradients=tuple(outcome.gradients.tolist()),
        forwards=tuple(outcome.forwards.tolist()),
        seconds=shares(elapsed, outcome.gradients, outcome.forwards),
        cpu_seconds=shares(elapsed_cpu, outcome.gradients, outcome.forwards),
    )


def shares(elapsed: float, gradients: Count, forwards: Count) -> tuple[float, ...]:
    """What each image of a batch has cost of its time.

    Args:
        elapsed: Time of the batch in seconds.
        gradients: Forward and backward passes, each counted as much as `GRADIENT` forward passes.
        forwards: Forward passes alone.
    """
    passes = (GRADIENT * gradients + forwards).double().clamp(min=1)
    return tuple((elapsed * passes / passes.sum()).tolist())


def publish(folder: Path, names: Sequence[str], images: Images) -> list[Path]:
    """Write each image as PNG; what an interrupted run has left there is replaced.

    Args:
        folder: Where to; made if it is not there.
        names: One file name without its ending for each image.
        images: The images.

    Raises:
        OutputError: If a file cannot be written.
    """
    files = [folder / f"{name}.png" for name in names]
    with writable(folder):
        for path, image in zip(files, images.chunk(len(images)), strict=True):
            write_atomically(path, png(to_bytes(image)), force=True)
    return files
