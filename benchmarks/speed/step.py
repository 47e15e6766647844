"""What a step of `sublimen` costs inside `protect`, by its parts, and two faces against one.

    python benchmarks/speed/step.py

Times are of the processor, on one thread, so that a loaded machine adds little; each part is
timed where it runs, forward and backward, as the mean of steps that hold as many refreshes of all
windows as steps do in the long run. Every installed recogniser is a surrogate. The picture is the
portrait of scikit-image, enlarged; of the two halves of a photo the other shows a cup or again the
portrait.
"""

import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from time import process_time
from typing import ClassVar

import numpy as np
import torch
from PIL import Image
from skimage import data
from torch import Tensor

from sublimen.attacks.budget import Radius
from sublimen.attacks.distances import Distance, From
from sublimen.attacks.goal import Goal
from sublimen.attacks.ledger import State
from sublimen.attacks.problem import Problem
from sublimen.attacks.search import Search
from sublimen.attacks.sublimen import Sublimen
from sublimen.attacks.uploads import Upload
from sublimen.attacks.view import Draw, View
from sublimen.jnd import JND_MODELS
from sublimen.photo.allowance import Allowance
from sublimen.photo.encoding import Codec
from sublimen.photo.faces import find_faces
from sublimen.photo.file import Photo
from sublimen.photo.options import ALLOWED, SearchOptions
from sublimen.photo.panel import Panel, embedding
from sublimen.photo.problem import FaceProblem, goal_of_all
from sublimen.photo.protect import Job
from sublimen.photo.region import region_of
from sublimen.photo.seen import SeenInPhoto
from sublimen.photo.versions import versions
from sublimen.recognisers.base import Embedder
from sublimen.recognisers.installed import embedder, installed
from sublimen.types import Images, Output, PerImage, PhotoLevels, Reached, Rows
from sublimen.visibility.answer import Observer
from sublimen.visibility.worst_window import REFRESHED

SEED = 0
STEPS = 2 * REFRESHED
SIDE = 640
"""Pixels of each half of a photo."""


@dataclass
class Clock:
    """Seconds of each part by the number of the step, and when each step began."""

    starts: list[float] = field(default_factory=list)
    seconds: dict[str, dict[int, float]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(float))
    )

    def begin(self, state: State) -> None:
        """A step begins."""
        del state
        self.starts.append(process_time())

    def add(self, part: str, begun: float) -> None:
        """A part has run since `begun`."""
        self.seconds[part][len(self.starts)] += process_time() - begun

    def run(self, part: str, function: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
        """Apply a part, timed, also on the way back."""
        begun = process_time()
        result = function(images)
        self.add(part, begun)
        if result.requires_grad:
            back: list[float] = []
            result.register_hook(lambda _: back.append(process_time()))
            images.register_hook(lambda _: self.add(part, back.pop()))
        return result

    def step(self) -> float:
        """Seconds of a step, the mean."""
        return (self.starts[STEPS] - self.starts[0]) / STEPS

    def part(self, part: str) -> list[float]:
        """Seconds of a part in each step."""
        return [self.seconds[part][number] for number in range(1, STEPS + 1)]


@dataclass(frozen=True, kw_only=True)
class TimedView(View):
    """A view on the clock."""

    clock: Clock
    view: View

    @property
    def transparent(self) -> bool:
        """As the view."""
        return self.view.transparent

    def see(self, images: Images, draw: Draw) -> Tensor:
        """As the view."""
        return self.clock.run("views", lambda points: self.view.see(points, draw), images)


@dataclass(frozen=True, kw_only=True)
class TimedProblem(Problem):
    """A problem on the clock."""

    clock: Clock
    problem: FaceProblem
    goal: Goal

    def output(self, images: Images) -> Output:
        """As the problem."""
        return self.clock.run("recognisers", self.problem.output, images)

    def reached(self, images: Images) -> Reached:
        """As the problem; never, so that every step is run."""
        return self.problem.reached(images) & False

    def at(self, rows: Rows) -> "TimedProblem":
        """As the problem."""
        del rows
        return self


@dataclass(frozen=True, kw_only=True)
class TimedDistance(Distance):
    """A reading on the clock."""

    first_step: ClassVar[float] = 0.05

    clock: Clock
    distance: Distance

    def to(self, images: Images) -> From:
        """As the reading."""
        reading = self.distance.to(images)

        def timed(candidates: Images, rows: Rows) -> PerImage:
            return self.clock.run("meters", lambda points: reading(points, rows), candidates)

        return timed


def portrait() -> PhotoLevels:
    """One face."""
    face = Image.fromarray(data.astronaut()[0:320, 64:384])
    return np.array(face.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def beside(other: PhotoLevels) -> PhotoLevels:
    """The portrait and something else."""
    right = Image.fromarray(other).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return np.concatenate([portrait(), np.array(right)], axis=1)


def face_problem(levels: PhotoLevels, networks: tuple[Embedder, ...]) -> FaceProblem:
    """The first face of a photo as `protect` sees it."""
    face, how = find_faces(levels, ())[0], SearchOptions()
    photo = Photo(levels=levels, alpha=None, format="PNG", lossless=True)
    references = [embedding(network, levels, face) for network in networks]
    allowance = Allowance.of(photo, JND_MODELS[how.jnd](), how.map_limit)
    return FaceProblem(
        networks=networks,
        goal=goal_of_all(networks, references, how.margin),
        patch=allowance.patch(region_of(face, networks, levels), levels),
        face=face,
        codec=Codec(photo, Path("face.png")),
        photo=levels,
    )


def timed_search(problem: FaceProblem) -> Clock:
    """The clock of a search on one face."""
    clock, observer = Clock(), Observer.of()
    seen = SeenInPhoto(
        photo=problem.photo,
        base=problem.photo,
        patch=problem.patch,
        face=problem.face,
        codec=problem.codec,
        observer=observer,
    )
    attack = Sublimen(
        visibility=ALLOWED,
        seen=TimedDistance(clock=clock, distance=seen),
        budget=Radius(problem.patch.radius),
        view=TimedView(clock=clock, view=Upload()),
        steps=STEPS + 1,
    )
    timed = TimedProblem(clock=clock, problem=problem, goal=problem.goal)
    attack.change(Search(timed, problem.patch.images, seed=SEED, watch=clock.begin))
    return clock


def shares(networks: tuple[Embedder, ...]) -> None:
    """Print the table of the parts of a step."""
    clock = timed_search(face_problem(portrait(), networks))
    meters = clock.part("meters")
    followed = mean(seconds for turn, seconds in enumerate(meters) if turn % REFRESHED)
    step = clock.step()
    parts = {
        "recognisers, forward and backward from the chips' cutting on": mean(
            clock.part("recognisers")
        ),
        "meters, value and slope of the window that is followed": followed,
        f"meters, all windows once in {REFRESHED} steps": mean(meters) - followed,
        "upload, forward and backward": mean(clock.part("views")),
    }
    parts["the rest"] = step - sum(parts.values())
    print(f"A step on one face, mean of {STEPS}, {len(networks)} recognisers.\n")
    print("| part | ms | share |")
    print("| --- | --- | --- |")
    for name, seconds in {**parts, "a step": step}.items():
        print(f"| {name} | {1e3 * seconds:.0f} | {seconds / step:.0%} |")
    share = mean(meters) / step
    print(f"\nMeters: {share:.0%} of a step, {'at most' if share <= 0.5 else 'above'} half.\n")


def stages(levels: PhotoLevels, networks: tuple[Embedder, ...]) -> tuple[float, float, float]:
    """Seconds of the search of `protect`, of scaling what it found, and of all of it."""
    told: list[tuple[str, float]] = []

    def watch(stage: str, _: State | None) -> None:
        if stage:
            told.append((stage, process_time()))

    begun = process_time()
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "photo.png", Path(folder) / "protected.png"
        Image.fromarray(levels).save(source, compress_level=1)
        Job(
            source=source,
            target=target,
            panel=Panel.of(networks),
            how=SearchOptions(effort="quick", seed=SEED),
            watch=watch,
        ).run()
    whole = process_time() - begun
    found, asking, scaling, scaled = (
        next(seconds for stage, seconds in told if stage.startswith(beginning))
        for beginning in ("changing", "asking", "scaling", "trying")
    )
    return asking - found, scaled - scaling, whole


def faces(networks: tuple[Embedder, ...]) -> None:
    """Print what a second face costs."""
    one, two = (stages(beside(other), networks) for other in (data.coffee(), portrait()))
    print("`protect --effort quick`, CPU s.\n")
    print("| | one face | two faces | ratio |")
    print("| --- | --- | --- | --- |")
    for name, alone, both in zip(("the search", "scaling", "all of it"), one, two, strict=True):
        print(f"| {name} | {alone:.1f} | {both:.1f} | {both / alone:.2f} |")


def main() -> None:
    """Print versions and tables."""
    torch.set_num_threads(1)
    print(", ".join(f"{name} {number}" for name, number in versions().items()))
    names = installed()
    print(f"Surrogates: {', '.join(names)}; seed {SEED}; 1 thread.\n")
    networks = tuple(map(embedder, names))
    shares(networks)
    faces(networks)


if __name__ == "__main__":
    main()
