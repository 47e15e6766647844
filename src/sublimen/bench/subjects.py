"""The images of a run, with their classes and the classes that are wanted of them."""

import csv
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, final

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import interpolate

from sublimen.bench.plan import Pictures
from sublimen.bench.windows import paths
from sublimen.errors import PhotoError, SettingError
from sublimen.imaging.levels import from_bytes, to_levels
from sublimen.photo.file import open_photo
from sublimen.recognisers.alignment import Alignment, chip
from sublimen.recognisers.detection import detect
from sublimen.recognisers.face import middle_face
from sublimen.recognisers.recogniser import Recogniser
from sublimen.types import Images, Labels, PhotoLevels

ENDINGS: Final = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"})
"""Files of a folder that are pictures."""

MADE: Final = 32
"""Side of made pictures if the plan names none."""


@final
@dataclass(frozen=True, kw_only=True)
class Picture:
    """An image that is not loaded yet.

    Args:
        name: Its name, fit for a file.
        load: Loads it, on the 8-bit lattice.
        label: Its class; what the recogniser takes it for if `None`.
        target: The class that is wanted; half of all classes further on if `None`.
    """

    name: str
    load: Callable[[], Images]
    label: int | None = None
    target: int | None = None


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Subjects:
    """Images with their classes.

    Args:
        names: Names of the images.
        images: The images, on the 8-bit lattice.
        labels: Class of each.
        targets: Class that is wanted of each.
    """

    names: tuple[str, ...]
    images: Images
    labels: Labels
    targets: Labels


@torch.no_grad()
def subjects(chosen: Sequence[Picture], recogniser: Recogniser) -> Subjects:
    """Load images, and ask the recogniser for the classes that nobody named.

    Args:
        chosen: At least one, all of one size.
        recogniser: Which answers with classes.

    Raises:
        SettingError: If it does not.
    """
    if recogniser.answers != "classes":
        raise SettingError(
            f"recogniser must answer with classes, got {recogniser.name}, which answers with an "
            "embedding; name a gallery of people, as identities:FOLDER"
        )
    images = torch.cat([picture.load() for picture in chosen])
    logits = recogniser.model(images)
    taken, classes = logits.argmax(dim=1), logits.shape[1]
    labels = [int(taken[k]) if p.label is None else p.label for k, p in enumerate(chosen)]
    targets = [
        (label + classes // 2) % classes if p.target is None else p.target
        for label, p in zip(labels, chosen, strict=True)
    ]
    return Subjects(
        names=tuple(picture.name for picture in chosen),
        images=images,
        labels=torch.tensor(labels),
        targets=torch.tensor(targets),
    )


def pictures(wanted: Pictures, recogniser: Recogniser, data: Path | None) -> list[Picture]:
    """The images of a plan, the first `count` of their source.

    Args:
        wanted: What the plan says of them.
        recogniser: Whose size they get, and whose names of classes name labels.
        data: Folder of the evaluation data; `None` if the source needs none.

    Raises:
        PhotoError: If they are not there.
        SettingError: If two have the same name.
    """
    side = wanted.side or recogniser.side
    if wanted.source == "made":
        found = list(made(wanted.count, side or MADE))
    elif wanted.source == "folder":
        found = _folder(wanted.folder or Path(), side, recogniser.labels)
    elif data is None:
        raise PhotoError(f"data must be the folder that holds {wanted.source}, got nothing")
    elif wanted.source == "nips17":
        found = _nips17(data, side, named=wanted.targets == "named")
    else:
        found = _lfw(data, wanted.count, recogniser.labels)
    found = found[: wanted.count]
    if len({picture.name for picture in found}) < len(found):
        raise SettingError("images must have different names, got two of one name; rename one")
    return found


def made(count: int, side: int) -> Iterator[Picture]:
    """Coloured clouds: noise on a grid of 4 x 4, enlarged, with a grain of a few levels.

    Args:
        count: How many.
        side: Height and width in pixels.
    """
    for number in range(count):
        yield Picture(name=f"made-{number:03}", load=partial(_clouds, number, side))


def _clouds(number: int, side: int) -> Images:
    generator = torch.Generator().manual_seed(zlib.crc32(f"made {number}".encode()))
    coarse = torch.rand(1, 3, 4, 4, generator=generator)
    clouds = interpolate(coarse, size=(side, side), mode="bilinear")
    grain = torch.randn(clouds.shape, generator=generator) * 3 / 255
    return to_levels(0.1 + 0.8 * clouds + grain)


def _nips17(data: Path, side: int | None, *, named: bool) -> list[Picture]:
    """NIPS 2017 images; the label of each is what the recogniser takes it for."""
    (table,) = paths(data, "imagenet/nips17_labels.csv")
    with table.open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    return [
        _picture(
            table.parent / "nips17" / line["file"],
            side,
            target=int(line["target_index_0_999"]) if named else None,
        )
        for line in lines
    ]


def _folder(folder: Path, side: int | None, classes: Sequence[str]) -> list[Picture]:
    """Pictures of a folder; in a sub-folder that is called like a class they are of that class."""
    if not folder.is_dir():
        raise PhotoError(f"folder must be a folder of pictures, got {folder}")
    known = {name: number for number, name in enumerate(classes)}
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
    if not files:
        raise PhotoError(f"{folder} must hold pictures, got none")
    return [
        _picture(
            path,
            side,
            name=path.relative_to(folder).with_suffix("").as_posix(),
            label=known.get(path.parent.name),
        )
        for path in files
    ]


def _picture(
    path: Path,
    side: int | None,
    *,
    name: str = "",
    label: int | None = None,
    target: int | None = None,
) -> Picture:
    return Picture(
        name=re.sub(r"[^\w.+-]", "_", name or path.stem),
        load=partial(_loaded, path, side),
        label=label,
        target=target,
    )


def _loaded(path: Path, side: int | None) -> Images:
    return from_bytes(resized(path, side))


def resized(path: Path, side: int | None) -> PhotoLevels:
    """A picture in colour at side x side by Pillow's bicubic filter, in 8-bit levels.

    Args:
        path: The file.
        side: Height and width in pixels; as it is if `None`.

    Raises:
        PhotoError: If it cannot be read.
    """
    try:
        with Image.open(path) as picture:
            colour = picture.convert("RGB")
    except OSError as error:
        raise PhotoError(f"{path} must be a picture that can be read") from error
    if side is not None and colour.size != (side, side):
        colour = colour.resize((side, side), Image.Resampling.BICUBIC)
    return np.array(colour)


def people(data: Path, count: int) -> list[Path]:
    """The folders of the first people of Labeled Faces in the Wild.

    Raises:
        PhotoError: If the data is not there.
    """
    return sorted({path.parent for path in paths(data, "faces/lfw/*/*.jpg")})[:count]


def _lfw(data: Path, count: int, classes: Sequence[str]) -> list[Picture]:
    """The last face of each person, which a gallery of the same folder does not enrol."""
    known = {name: number for number, name in enumerate(classes)}
    return [
        Picture(name=folder.name, load=partial(_last_face, folder), label=known.get(folder.name))
        for folder in people(data, count)
    ]


def _last_face(folder: Path) -> Images:
    """The aligned face nearest to the middle of the last photo that holds one, in 8-bit levels."""
    for path in sorted(folder.glob("*.jpg"), reverse=True):
        levels = open_photo(path).levels
        face = middle_face(detect(levels), *levels.shape[:2])
        if face is not None:
            return to_levels(chip(from_bytes(levels), Alignment.of(face)))
    raise PhotoError(f"{folder} must hold a photo with a face, got none")
