"""An image file as a classifier takes it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

import torch
from PIL import Image

from sublimen.errors import ModelError, PhotoError
from sublimen.imaging.levels import from_bytes
from sublimen.imaging.picture import levels_of, picture
from sublimen.photo.file import Photo, open_photo
from sublimen.recognisers.recogniser import Recogniser
from sublimen.types import Images, Logits, PhotoLevels, RegionLevels


@final
@dataclass(frozen=True)
class Subject:
    """An image that is attacked.

    Args:
        photo: What will be written again, as far as it is not changed.
        model: The classifier, as it can be asked about images of this kind.
        notes: What was done to the image before.
    """

    photo: Photo
    model: Callable[[Images], Logits]
    notes: tuple[str, ...]

    @property
    def images(self) -> Images:
        """The image as a batch of one."""
        return from_bytes(self.photo.levels)

    def taken_for(self, images: Images) -> int:
        """The class that one image is taken for."""
        with torch.no_grad():
            return int(self.model(images).argmax(dim=1))


def subject_of(path: Path, recogniser: Recogniser, side: int | None) -> Subject:
    """Read an image and bring it to the size that a classifier takes.

    Args:
        path: The file.
        recogniser: The classifier.
        side: Height and width in pixels; those of the classifier if not given, if it has some.

    Raises:
        PhotoError: If the file cannot be used, or has transparent pixels.
        ModelError: If the classifier does not take the image.
    """
    photo = open_photo(path)
    if photo.alpha is not None and photo.alpha.min() < 255:
        raise PhotoError(f"{path} must be opaque, got transparent pixels; flatten it first")
    plain = Photo(levels=photo.levels, alpha=None, format="PNG", lossless=True, icc=photo.icc)
    notes: tuple[str, ...] = ()
    side = side or recogniser.side
    height, width = photo.levels.shape[:2]
    if side is not None and (height, width) != (side, side):
        plain = replace(plain, levels=squared(photo.levels, side))
        notes = (f"brought from {width} x {height} to {side} x {side} pixels",)
    return _asked(plain, recogniser.model, notes)


def squared(levels: PhotoLevels, side: int) -> RegionLevels:
    """The middle of a photo, its shorter side brought to `side` pixels by bicubic resampling."""
    whole = picture(levels)
    scale = side / min(whole.size)
    width, height = (max(side, round(length * scale)) for length in whole.size)
    resized = whole.resize((width, height), Image.Resampling.BICUBIC)
    left, top = (width - side) // 2, (height - side) // 2
    return levels_of(resized.crop((left, top, left + side, top + side)))


def _asked(photo: Photo, model: Callable[[Images], Logits], notes: tuple[str, ...]) -> Subject:
    """The subject; a grey one in three equal channels if the classifier takes no other."""
    attempts = [Subject(photo, model, notes)]
    if photo.grey:
        shown = "grey, shown to the recogniser as three equal channels"
        attempts.append(
            Subject(photo, lambda images: model(images.expand(-1, 3, -1, -1)), (*notes, shown))
        )
    said = ""
    for attempt in attempts:
        try:
            attempt.taken_for(attempt.images)
        except (RuntimeError, IndexError) as error:
            said = " ".join(str(error).split())
        else:
            return attempt
    height, width = photo.levels.shape[:2]
    raise ModelError(
        f"recogniser must take images of {width} x {height} pixels and answer with logits, got an "
        f"error; give --side if it takes another size; it said: {said}"
    )
