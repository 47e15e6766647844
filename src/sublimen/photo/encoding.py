"""What a file makes of a photo: encoding, and what will be read back."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from sublimen.errors import OutputError
from sublimen.imaging.picture import picture
from sublimen.photo.file import JpegTables, Photo, allow_heif, decode
from sublimen.photo.metadata import Metadata
from sublimen.recognisers.face import Box
from sublimen.types import Opacity, PhotoLevels, RegionLevels

SUFFIXES: Final = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".png": "PNG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".heic": "HEIF",
    ".heif": "HEIF",
}
"""Formats by the endings of file names."""

QUALITY: Final = 95
"""Quality of a lossy file whose original gives none: another format, WebP, HEIC."""


@final
@dataclass(frozen=True)
class Codec:
    """How a photo is written to a certain file.

    Args:
        photo: The original, whose encoding is followed where the format is the same.
        target: The file; its ending names the format.
    """

    photo: Photo
    target: Path

    def __post_init__(self) -> None:
        if self.target.suffix.lower() not in SUFFIXES:
            raise OutputError(
                f"{self.target} must end in one of {', '.join(SUFFIXES)}, "
                f"got {self.target.suffix or 'nothing'}"
            )
        if self.format == "JPEG" and self.photo.alpha is not None:
            raise OutputError(
                f"{self.target} must be a format with transparency, got JPEG for a photo that has "
                "some; write a PNG"
            )

    @property
    def format(self) -> str:
        """Pillow's name of the format."""
        return SUFFIXES[self.target.suffix.lower()]

    @property
    def lossless(self) -> bool:
        """Whether the file holds the levels themselves."""
        if self.format == "WEBP":
            return self.photo.lossless
        return self.format in {"PNG", "TIFF"}

    def encode(self, levels: PhotoLevels, metadata: Metadata | None = None) -> bytes:
        """The file for a photo of these levels."""
        if self.format == "HEIF":
            allow_heif()
        picture = _picture(levels, self.photo.alpha)
        written = io.BytesIO()
        picture.save(written, self.format, **{**self._settings(), **self._records(metadata)})
        return written.getvalue()

    def read_back(self, region: RegionLevels, base: PhotoLevels, box: Box) -> RegionLevels:
        """What a region reads as in the file for `base` with that region in it.

        Of a JPEG only the blocks around the region are encoded: blocks do not depend on each
        other, and decoding looks one block further.

        Args:
            region: Levels of the region.
            base: Levels of the photo.
            box: Where the region lies.
        """
        if self.lossless:
            return region
        around = self._around(box, base)
        part = base[around.slices].copy()
        top, left = box.y0 - around.y0, box.x0 - around.x0
        part[top : top + box.height, left : left + box.width] = region
        written = io.BytesIO()
        if self.format == "HEIF":
            allow_heif()
        _picture(part, self.photo.alpha).save(written, self.format, **self._settings())
        levels, _ = decode(written.getvalue(), grey=self.photo.grey)
        return np.ascontiguousarray(levels[top : top + box.height, left : left + box.width])

    def read_back_whole(self, levels: PhotoLevels) -> PhotoLevels:
        """What will be read from the file if `levels` is saved."""
        return self.read_back(levels, levels, Box(0, 0, levels.shape[1], levels.shape[0]))

    def _around(self, box: Box, base: PhotoLevels) -> Box:
        """Whole blocks with one more on each side; the whole photo if there are no blocks."""
        height, width = base.shape[:2]
        if self.format != "JPEG":
            return Box(0, 0, width, height)
        block = 16
        return Box(
            max(box.x0 // block - 1, 0) * block,
            max(box.y0 // block - 1, 0) * block,
            min(-(-box.x1 // block) * block + block, width),
            min(-(-box.y1 // block) * block + block, height),
        )

    def _settings(self) -> dict[str, Any]:
        if self.format == "JPEG":
            return _jpeg_settings(self.photo.jpeg)
        if self.format == "WEBP":
            lossless = self.photo.lossless
            return {
                "lossless": lossless,
                "exact": lossless,
                "quality": 100 if lossless else QUALITY,
            }
        if self.format == "TIFF":
            return {"compression": "tiff_adobe_deflate"}
        return {"quality": QUALITY} if self.format == "HEIF" else {}

    def _records(self, metadata: Metadata | None) -> dict[str, Any]:
        """Colour profile and metadata, named explicitly: nothing is passed on by itself."""
        records: dict[str, Any] = {"icc_profile": self.photo.icc} if self.photo.icc else {}
        if metadata is None:
            return records
        if metadata.resolution is not None and self.format in {"JPEG", "PNG", "TIFF"}:
            records["dpi"] = metadata.resolution
        if exif := metadata.exif():
            records["exif"] = exif
        if self.format == "TIFF" and (metadata.exposure or metadata.location):
            # Pillow's own writer knows records inside records, libtiff's compression does not.
            records["compression"] = "raw"
        if self.format == "PNG":
            records["pnginfo"] = _png_texts(metadata)
        elif metadata.xmp and self.format != "TIFF":
            records["xmp"] = metadata.xmp.encode()
        if metadata.comment and self.format == "JPEG":
            records["comment"] = metadata.comment
        return records


def _jpeg_settings(tables: JpegTables | None) -> dict[str, Any]:
    if tables is None:
        return {"quality": QUALITY, "subsampling": 0}
    return {
        "qtables": tables.quantisation,
        "subsampling": tables.subsampling,
        "progressive": tables.progressive,
    }


def _png_texts(metadata: Metadata) -> PngInfo:
    texts = PngInfo()
    for keyword, text in metadata.texts.items():
        texts.add_itxt(keyword, text)
    if metadata.xmp:
        texts.add_itxt("XML:com.adobe.xmp", metadata.xmp)
    return texts


def _picture(levels: PhotoLevels, alpha: Opacity | None) -> Image.Image:
    if alpha is not None:
        levels = np.concatenate([levels, alpha[..., None]], axis=2)
    return picture(levels)
