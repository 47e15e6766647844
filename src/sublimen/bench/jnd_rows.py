"""The noise test of JND models, row by row, and how many JND their maps are."""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final, TypeAlias, final

import torch

from sublimen.bench import store
from sublimen.bench.noise import Arrangement, arranged, noisy
from sublimen.bench.windows import Window, paths, scenes
from sublimen.checks import need
from sublimen.imaging.levels import from_bytes
from sublimen.jnd import JND_MODELS, HvsSd, ResJnd, Wu2017
from sublimen.jnd.base import JndModel, Whole
from sublimen.jnd.map_network import untrained
from sublimen.photo.file import open_photo
from sublimen.types import LEVELS, Images, JndMap
from sublimen.visibility import METERS
from sublimen.visibility.calibrated import factor, reading

SKIMAGE: Final = ("chelsea", "coffee", "rocket", "retina", "immunohistochemistry")
"""Colour pictures without a face in the package of scikit-image."""

HELD_OUT: Final = (
    "kodak/kodim07.png",
    "kodak/kodim08.png",
    "kodak/kodim09.png",
    "kodak/kodim1*.png",
    "imagenet/nips17/[012]*.png",
)
"""Evaluation pictures that HVS-SD has not learned from; `sublimen train hvs-sd` leaves them out."""

LOUDNESS: Final = (28.0, 32.0)
"""PSNR of the noise in dB."""

SHARING: Final = {"shared": True, "independent": False}
"""Whether the channels of a pixel have one sign."""

ARRANGEMENTS: Final[tuple[Arrangement, ...]] = ("shaped", "shuffled", "white")

COLUMNS: Final = ("picture", "model", "arrangement", "psnr", "sign", *METERS)
FACTOR_COLUMNS: Final = ("picture", "model", "jnd", "factor", "mean")

Form: TypeAlias = Callable[[Images], JndMap]


@final
@dataclass(frozen=True, kw_only=True)
class Row:
    """One picture with one noise.

    Args:
        picture: Its name.
        model: Whose map, with its variant; empty for white noise.
        arrangement: What became of the map.
        psnr: PSNR in dB.
        sign: `shared` by the channels or `independent`.
        scores: Each meter's score.
    """

    picture: str
    model: str
    arrangement: str
    psnr: float
    sign: str
    scores: Mapping[str, float]


@final
@dataclass(frozen=True, kw_only=True)
class Factor:
    """How many JND a map is.

    Args:
        picture: Name of the picture.
        model: Whose map, with its variant.
        jnd: What random-sign noise with the map's own amplitude measures.
        factor: What the map must be multiplied by to measure 1 JND.
        mean: Mean of the map in levels.
    """

    picture: str
    model: str
    jnd: float
    factor: float
    mean: float


def pictures(data: Path) -> list[Window]:
    """The 24 windows of the test, of 256 x 256 pixels at 1:1.

    Raises:
        PhotoError: If the data is not there.
        MissingExtraError: If scikit-image is not installed.
    """
    own = need("skimage.data", extra="bench")
    found = [window for name in SKIMAGE for window in scenes(name, getattr(own, name)(), 1)]
    for pattern in HELD_OUT:
        for path in paths(data, pattern):
            found += scenes(path.stem, open_photo(path).levels, 1)
    return found


def models() -> dict[str, JndModel]:
    """Every model in every variant, but the one whose weights are the user's."""
    found: dict[str, JndModel] = {}
    for name, model in JND_MODELS.items():
        if model is ResJnd:
            continue
        if not model.variants:
            found[name] = model()
        for variant in model.variants:
            settings: dict[str, str] = {"variant": variant}
            found[f"{name} {variant}"] = model(**settings)  # type: ignore[arg-type]
    return found


def forms(picture: str) -> dict[str, Form]:
    """The models, and three for comparison.

    An untrained network favours channels by chance: each picture has one of its own.

    Args:
        picture: Name of the picture.
    """
    return {
        **models(),
        "wu-2017 edges free": lambda images: Wu2017().part(
            images, Whole(edges=torch.ones_like(images[:, :1]))
        ),
        "hvs-sd one plane": lambda images: (
            HvsSd()(images).mean(dim=1, keepdim=True).expand_as(images)
        ),
        "hvs-sd untrained": lambda images: untrained(_number(picture))(images).detach(),
    }


def measure_noise(
    windows: Iterable[Window], path: Path, *, watch: Callable[[str], None] = lambda _: None
) -> list[Row]:
    """Measure what `path` does not hold yet, and add it there, a model of a picture at a time.

    Raises:
        MissingExtraError: If a meter's program is not installed.
        PhotoError: If the file holds something else.
    """
    known = {(row.picture, row.model) for row in read_noise(path)}
    for window in windows:
        image = from_bytes(window.levels)
        for name, form in {"": torch.ones_like, **forms(window.name)}.items():
            if (window.name, name) not in known:
                watch(f"{window.name}, {name or 'white noise'}")
                store.append(path, COLUMNS, _noise_lines(window.name, name, image, form(image)))
    return read_noise(path)


@torch.no_grad()
def _noise_lines(picture: str, model: str, image: Images, jnd: JndMap) -> Iterator[tuple[str, ...]]:
    wanted = [a for a in ARRANGEMENTS if (a == "white") == (model == "")]
    cases = list(product(wanted, LOUDNESS, SHARING))
    changed = [
        noisy(
            image,
            arranged(jnd, arrangement, _seeded(picture)),
            psnr,
            _seeded(picture),
            shared=SHARING[sign],
        )
        for arrangement, psnr, sign in cases
    ]
    distorted = torch.cat(changed)
    scores = [meter()(image.expand_as(distorted), distorted).tolist() for meter in METERS.values()]
    for (arrangement, psnr, sign), *values in zip(cases, *scores, strict=True):
        yield picture, model, arrangement, f"{psnr:g}", sign, *(f"{v:.6g}" for v in values)


def _seeded(picture: str) -> torch.Generator:
    """The same noise for every model of a picture."""
    return torch.Generator().manual_seed(_number(picture))


def _number(picture: str) -> int:
    return zlib.crc32(picture.encode())


def read_noise(path: Path) -> list[Row]:
    """The rows of a file, none if it is not there.

    Raises:
        PhotoError: If it holds something else.
    """
    return [
        Row(
            picture=line["picture"],
            model=line["model"],
            arrangement=line["arrangement"],
            psnr=float(line["psnr"]),
            sign=line["sign"],
            scores={name: float(line[name]) for name in METERS},
        )
        for line in store.read(path, COLUMNS)
    ]


def measure_factors(
    windows: Iterable[Window], path: Path, *, watch: Callable[[str], None] = lambda _: None
) -> list[Factor]:
    """How many JND each map is, where `path` does not say so yet.

    Raises:
        MissingExtraError: If a meter's program is not installed.
        PhotoError: If the file holds something else.
    """
    known = {(row.picture, row.model) for row in read_factors(path)}
    for window in windows:
        image = from_bytes(window.levels)
        for name, model in models().items():
            if (window.name, name) not in known:
                watch(f"{window.name}, {name}, factor")
                jnd = model(image)
                numbers = (reading(image, jnd), factor(image, jnd), jnd.mean().item() * LEVELS)
                line = (window.name, name, *(f"{number:.6g}" for number in numbers))
                store.append(path, FACTOR_COLUMNS, [line])
    return read_factors(path)


def read_factors(path: Path) -> list[Factor]:
    """The rows of a file, none if it is not there.

    Raises:
        PhotoError: If it holds something else.
    """
    return [
        Factor(
            picture=line["picture"],
            model=line["model"],
            jnd=float(line["jnd"]),
            factor=float(line["factor"]),
            mean=float(line["mean"]),
        )
        for line in store.read(path, FACTOR_COLUMNS)
    ]
