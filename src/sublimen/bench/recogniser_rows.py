"""Pairs of faces with the distance that every installed recogniser sees between them."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias, final

import numpy as np
import torch
from torch import Tensor

from sublimen.bench import store
from sublimen.imaging.levels import from_bytes
from sublimen.recognisers import store as store_of
from sublimen.recognisers.base import Embedder
from sublimen.recognisers.face import Face
from sublimen.recognisers.gallery import gallery_photos
from sublimen.recognisers.installed import embedder, installed
from sublimen.recognisers.mtcnn import NAME as MTCNN
from sublimen.types import ColourLevels

STRANGERS: Final = 10_000
"""Pairs of different people."""

SEED: Final = 0
"""Seed of the choice of those pairs."""

REFINED: Final = frozenset({"mobilefacenet", "mobileface"})
"""Recognisers whose chips are cut by MTCNN's points where a face has them."""

COLUMNS: Final = ("person", "photo", "other_person", "other_photo")
"""Columns that say which pair it is; one for each recogniser follows."""

Place: TypeAlias = tuple[int, int]
"""A person and one of the person's photos, both counted from 0 in alphabetical order."""


@final
@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two photos with a face each.

    Args:
        one: The first photo.
        other: The second photo.
        distances: Euclidean distance of the embeddings by each recogniser's name.
    """

    one: Place
    other: Place
    distances: Mapping[str, float]

    @property
    def same(self) -> bool:
        """Whether it is the same person."""
        return self.one[0] == self.other[0]


def measure(data: Path, *, watch: Callable[[str], None]) -> list[Pair]:
    """All pairs of photos of one person, and pairs of different people drawn by a seed.

    The face in the middle of each photo counts; a photo without a face is left out and said.

    Args:
        data: Folder with the evaluation data.
        watch: Told what is being measured.

    Raises:
        PhotoError: If the data is not there.
        MissingExtraError: If dlib or its weights are not installed.
        WeightsError: If the weights of a recogniser are not what they should be.
    """
    folder = data / "faces" / "lfw"
    networks = {name: embedder(name) for name in installed()}
    watch(f"recognisers: {', '.join(networks)}")
    seen: dict[Place, dict[str, Tensor]] = {}
    counts: dict[int, int] = {}
    for photo in gallery_photos(folder):
        number = counts[photo.person] = counts.get(photo.person, -1) + 1
        if photo.face is None:
            watch(f"no face in photo {number} of person {photo.person}")
            continue
        seen[photo.person, number] = _embedded(networks, photo.levels, photo.face)
        if number == 0 and photo.person % 10 == 0:
            watch(f"person {photo.person}")
    return [
        Pair(one=one, other=other, distances=_distances(seen[one], seen[other]))
        for one, other in chosen(list(seen))
    ]


def chosen(places: Sequence[Place], strangers: int = STRANGERS) -> list[tuple[Place, Place]]:
    """All pairs of one person, then pairs of different people, each at most once.

    Args:
        places: The photos.
        strangers: How many pairs of different people, at most all there are.
    """
    pairs = list(itertools.combinations(places, 2))
    different = [pair for pair in pairs if pair[0][0] != pair[1][0]]
    generator = np.random.default_rng(SEED)
    drawn = generator.permutation(len(different))[:strangers]
    return [p for p in pairs if p[0][0] == p[1][0]] + [different[i] for i in sorted(drawn)]


@torch.no_grad()
def _embedded(
    networks: Mapping[str, Embedder], levels: ColourLevels, face: Face
) -> dict[str, Tensor]:
    """What each recogniser makes of a face, and once more where other points change its chip."""
    photo, plain = from_bytes(levels), replace(face, points=None)
    found = {name: network(network.cut(photo, plain))[0] for name, network in networks.items()}
    for name in REFINED & networks.keys() if store_of.installed(MTCNN) else ():
        network = networks[name]
        found[f"{name} with {MTCNN}"] = network(network.cut(photo, face))[0]
    return found


def _distances(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> dict[str, float]:
    return {name: float(torch.linalg.vector_norm(one[name] - other[name])) for name in one}


def write(path: Path, pairs: Sequence[Pair]) -> None:
    """Write pairs to a CSV file, in place of one that is there."""
    names = tuple(pairs[0].distances)
    lines = [
        [*map(str, (*pair.one, *pair.other)), *(f"{pair.distances[n]:.4f}" for n in names)]
        for pair in pairs
    ]
    path.unlink(missing_ok=True)
    store.append(path, (*COLUMNS, *names), lines)


def read(path: Path) -> list[Pair]:
    """The pairs of a file, none if it is not there.

    Raises:
        PhotoError: If it holds something else.
    """
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        names = file.readline().strip().split(",")[len(COLUMNS) :]
    return [
        Pair(
            one=(int(line["person"]), int(line["photo"])),
            other=(int(line["other_person"]), int(line["other_photo"])),
            distances={name: float(line[name]) for name in names},
        )
        for line in store.read(path, (*COLUMNS, *names))
    ]
