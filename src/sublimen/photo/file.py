"""A photograph as it is shown, with what saving it again needs."""

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, final

import numpy as np
from PIL import Image, ImageOps, JpegImagePlugin, UnidentifiedImageError

from sublimen.checks import need
from sublimen.errors import PhotoError, SublimenError
from sublimen.photo.metadata import Metadata
from sublimen.types import Opacity, PhotoLevels

MINIMUM: Final = 16
"""Least height and width in pixels."""

FORMATS: Final = {
    "JPEG": "JPEG",
    "MPO": "JPEG",
    "PNG": "PNG",
    "WEBP": "WEBP",
    "TIFF": "TIFF",
    "HEIF": "HEIF",
}
"""Formats that are read, by Pillow's names, and what they are saved as."""

ADVICE: Final = "give a JPEG, PNG, WebP, TIFF or HEIC photo"

DAMAGE: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    TypeError,
    LookupError,
    OverflowError,
    RuntimeError,
    struct.error,
)
"""What Pillow and libheif raise on damaged files."""

HEIF_BRANDS: Final = frozenset({b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"heim", b"heis"})
"""Brands in the first box of HEIC and HEIF files."""


@final
@dataclass(frozen=True, kw_only=True)
class JpegTables:
    """How a JPEG was encoded.

    Args:
        quantisation: Quantisation tables by number.
        subsampling: Pillow's number: 0 for 4:4:4, 1 for 4:2:2, 2 for 4:2:0.
        progressive: Whether it was progressive.
    """

    quantisation: dict[int, list[int]]
    subsampling: int
    progressive: bool


@final
@dataclass(frozen=True, kw_only=True)
class Photo:
    """A photo, upright, 8 bits a sample.

    Args:
        levels: Height x width x 1 for grey or 3 for colour.
        alpha: Height x width opacity in levels; `None` if the photo has none.
        format: `JPEG`, `PNG`, `WEBP`, `TIFF` or `HEIF`.
        lossless: Whether the file holds its pixels without loss.
        jpeg: How it was encoded, if it was a JPEG.
        icc: Its colour profile.
        metadata: What it says of itself.
    """

    levels: PhotoLevels
    alpha: Opacity | None
    format: str
    lossless: bool
    jpeg: JpegTables | None = None
    icc: bytes | None = None
    metadata: Metadata = field(default_factory=Metadata)

    @property
    def grey(self) -> bool:
        """Whether it has one channel."""
        return bool(self.levels.shape[2] == 1)


def open_photo(path: Path) -> Photo:
    """Read a photo file, whole or not at all.

    Raises:
        PhotoError: If it is no photo, is damaged, too large or too small, animated, or would
            lose something in 8-bit grey or RGB.
        MissingExtraError: If it is a HEIC file and the extra `heif` is not installed.
    """
    data = _bytes(path)
    with refusing(path), Image.open(io.BytesIO(data)) as picture:
        _check_kind(path, picture, data)
        picture.load()
        return _photo(picture, data)


def decode(data: bytes, *, grey: bool = False) -> tuple[PhotoLevels, Opacity | None]:
    """Levels and opacity of an encoded photo of ours.

    Args:
        data: The file.
        grey: Whether the photo is grey: where a format stores three channels all the same, as
            WebP does, equal ones are read as one.
    """
    if is_heif(data):
        allow_heif()
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        levels, alpha = split_alpha(ImageOps.exif_transpose(picture))
    if grey and (levels == levels[..., :1]).all():
        levels = np.ascontiguousarray(levels[..., :1])
    return levels, alpha


def is_heif(data: bytes) -> bool:
    """Whether the bytes begin like a HEIC or HEIF file."""
    return data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS


def allow_heif() -> None:
    """Let Pillow read and write HEIC.

    Raises:
        MissingExtraError: If the extra is not installed.
    """
    need("pillow_heif", extra="heif").register_heif_opener()


def _bytes(path: Path) -> bytes:
    if path.is_dir():
        raise PhotoError(f"{path} must be a photo file, got a folder; name the files in it")
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise PhotoError(f"{path} must be a photo file, got no such file") from error
    except OSError as error:
        raise PhotoError(f"{path} must be readable, got: {error.strerror}") from error
    if not data:
        raise PhotoError(f"{path} must be a photo, got an empty file; {ADVICE}")
    if is_heif(data):
        allow_heif()
    return data


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Turn what Pillow says of a bad file into one sentence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        limit = (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000
        raise PhotoError(
            f"{path} must have at most {limit} megapixels, got more; reduce it first"
        ) from error
    except UnidentifiedImageError as error:
        raise PhotoError(f"{path} must be a photo, got something else; {ADVICE}") from error
    except DAMAGE as error:
        if isinstance(error, SublimenError):
            raise
        raise PhotoError(
            f"{path} must be a whole photo, got a damaged file ({error}); copy it again"
        ) from error


def _check_kind(path: Path, picture: Image.Image, data: bytes) -> None:
    """Refuse what would silently be reduced."""
    if picture.format not in FORMATS:
        raise PhotoError(f"{path} must be a photo, got {picture.format}; {ADVICE}")
    if min(picture.size) < MINIMUM:
        width, height = picture.size
        raise PhotoError(
            f"{path} must be at least {MINIMUM} x {MINIMUM} pixels, got {width} x {height}"
        )
    if picture.format != "MPO" and getattr(picture, "n_frames", 1) > 1:
        raise PhotoError(
            f"{path} must hold one picture, got several (animated or many pages); save one of them"
        )
    bits = _bits(picture, data)
    if bits > 8:
        raise PhotoError(
            f"{path} must have 8 bits a sample, got {bits}; export it with 8 bits first"
        )
    if picture.mode not in {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX"}:
        raise PhotoError(
            f"{path} must be grey or RGB, got {picture.mode}; convert it to sRGB first"
        )


def _bits(picture: Image.Image, data: bytes) -> int:
    """Bits a sample of the file, which Pillow may have reduced already."""
    if picture.format == "PNG":
        return data[24]
    if picture.format == "TIFF":
        tag = picture.getexif().get(258, 8)
        return max(tag) if isinstance(tag, tuple) else int(tag)
    if picture.format == "HEIF":
        return int(picture.info.get("bit_depth", 8))
    return 16 if picture.mode.startswith(("I", "F")) else 8


def _photo(picture: Image.Image, data: bytes) -> Photo:
    levels, alpha = split_alpha(ImageOps.exif_transpose(picture))
    kind = FORMATS[str(picture.format)]
    return Photo(
        levels=levels,
        alpha=alpha,
        format=kind,
        lossless=kind in {"PNG", "TIFF"} or (kind == "WEBP" and b"VP8L" in data[:64]),
        jpeg=_tables(picture) if kind == "JPEG" else None,
        icc=picture.info.get("icc_profile"),
        metadata=Metadata.of(picture),
    )


def _tables(picture: Image.Image) -> JpegTables:
    quantisation = getattr(picture, "quantization", {})
    return JpegTables(
        quantisation={number: list(table) for number, table in quantisation.items()},
        subsampling=max(JpegImagePlugin.get_sampling(picture), 0),
        progressive=bool(picture.info.get("progressive")),
    )


def split_alpha(
    picture: Image.Image,
) -> tuple[PhotoLevels, Opacity | None]:
    """Levels and opacity of a picture in any of the modes that are read."""
    grey = picture.mode in {"1", "L", "LA", "La"}
    opaque = picture.mode not in {"LA", "La", "PA", "RGBA", "RGBa"}
    if opaque and "transparency" not in picture.info:
        plain = np.array(picture.convert("L" if grey else "RGB"))
        return np.ascontiguousarray(plain.reshape(*plain.shape[:2], -1)), None
    samples = np.array(picture.convert("LA" if grey else "RGBA"))
    return np.ascontiguousarray(samples[..., :-1]), np.ascontiguousarray(samples[..., -1])
