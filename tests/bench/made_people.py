"""People that are made, and recognisers of a few numbers, for runs of the frontier."""

from dataclasses import replace

import numpy as np
from PIL import Image

from sublimen.bench import frontier_people, frontier_study
from sublimen.bench.frontier_plan import FrontierPlan, Round
from sublimen.bench.frontier_rows import Row
from sublimen.bench.plan import Arm
from sublimen.photo import protect, sitting
from sublimen.photo.region import resized_face
from sublimen.visibility.answer import Observer
from tests.photo.tiny import FACE, Other, Tiny, photo

NETWORKS = {"tiny": Tiny(), "other": Other(6, seed=1)}

PLAN = FrontierPlan(
    title="Made",
    identities=2,
    others=2,
    visibilities=(1.0,),
    versions=("png", "half"),
    rounds=(Round(surrogates=("tiny",), judges=("other",)),),
    arms=(
        Arm(name="sublimen", attack="sublimen", settings={"effort": "quick"}),
        Arm(name="flat", attack="pgd", settings={"box": "flat", "steps": 2}),
    ),
)


def find(levels, _boxes=()):
    """The face where it is in every photo, and none in a black one."""
    shape = levels.shape[:2]
    return [resized_face(FACE, (240, 250), shape)] if levels.any() else []


def people(folder, *, count=3, photos=3):
    """A folder of evaluation data with so many people."""
    generator = np.random.default_rng(0)
    for person in range(count):
        place = folder / "faces" / "lfw" / f"person {person}"
        place.mkdir(parents=True)
        for number in range(photos):
            noise = generator.integers(-6, 7, (240, 250, 3))
            levels = np.clip(photo().astype(int) + noise, 0, 255).astype(np.uint8)
            Image.fromarray(levels).save(place / f"{number}.png")
    return folder


def made(monkeypatch):
    """Let the made recognisers be all that are installed, and the face be where it is."""
    for module in (frontier_people, sitting, protect):
        monkeypatch.setattr(module, "find_faces", find)
    monkeypatch.setattr(frontier_study, "installed", lambda: tuple(NETWORKS))
    monkeypatch.setattr(frontier_study, "embedder", NETWORKS.__getitem__)
    quick = Observer.of(names=("flip",))
    monkeypatch.setattr(frontier_study.Observer, "of", lambda: quick)
    return quick


class Brighter:
    """Makes every file brighter by so many levels as JND are allowed times ten."""

    def __init__(self, **settings):
        self.networks = settings["networks"]

    def make(self, arm, subject, visibility):
        brighter = subject.levels.astype(int) + round(10 * visibility) * (arm.name == "flat")
        return np.clip(brighter, 0, 255).astype(np.uint8), 2.5


ROW = Row(
    identity=4,
    arm="flat",
    visibility=1.0,
    roles="tiny > other",
    recogniser="other",
    role="judge",
    version="png",
    found=True,
    matches="101",
    distance=0.75,
    jnd=0.99,
    jnd_unseen=float("inf"),
    jnd_unseen_desk=1.5,
    jnd_unseen_worst=2.5,
    psnr=38.25,
    seconds=1.5,
)


def clean(row, matches):
    """The row of the same photo as it came."""
    return replace(
        row, arm="clean", visibility=0.0, roles="-", role="-", matches=matches, distance=0.5
    )


def unit(identity, before, ours, theirs, role="judge"):
    """Rows of a person: what matched before, and after by each arm."""
    base = replace(ROW, identity=identity, role=role)
    return [
        clean(base, before),
        replace(base, arm="sublimen", matches=ours, jnd=0.95),
        replace(base, matches=theirs),
    ]
