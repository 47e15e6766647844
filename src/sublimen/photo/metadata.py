"""What a photo says of itself, and what of it may be passed on."""

import re
import struct
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, final

from PIL import Image
from PIL.ExifTags import IFD, Base

Tags: TypeAlias = dict[int, Any]
"""EXIF values by tag number."""

PICTURE: Final = b"\xff\xd8\xff"
"""How a JPEG begins; a value that holds it may be a copy of the face."""

HARMLESS: Final = frozenset(
    {
        Base.Make,
        Base.Model,
        Base.DateTime,
        Base.XResolution,
        Base.YResolution,
        Base.ResolutionUnit,
        Base.ExposureTime,
        Base.FNumber,
        Base.ExposureProgram,
        Base.ISOSpeedRatings,
        Base.DateTimeOriginal,
        Base.DateTimeDigitized,
        Base.OffsetTime,
        Base.OffsetTimeOriginal,
        Base.OffsetTimeDigitized,
        Base.SubsecTime,
        Base.SubsecTimeOriginal,
        Base.SubsecTimeDigitized,
        Base.ShutterSpeedValue,
        Base.ApertureValue,
        Base.ExposureBiasValue,
        Base.MeteringMode,
        Base.Flash,
        Base.FocalLength,
        Base.FocalLengthIn35mmFilm,
        Base.ColorSpace,
        Base.WhiteBalance,
    }
)
"""EXIF tags that are kept unless more is asked for: camera type, exposure, date, colour space."""

STRUCTURE: Final = frozenset(
    {
        *range(254, 270),
        *range(273, 282),
        284,
        *range(286, 294),
        317,
        *range(320, 348),
        *range(512, 522),
        529,
        530,
        531,
        532,
        700,
        Base.Orientation,
        33723,
        34377,
        34675,
        IFD.Exif,
        IFD.GPSInfo,
        IFD.Interop,
        50341,
    }
)
"""EXIF and TIFF tags that describe the file or hold other records; never passed on as they are."""

COPIES: Final = re.compile(
    r"Thumbnails|xapGImg|xmpGImg|GImage|GDepth|GContainer|Container:|MicroVideo|MotionPhoto|"
    r"hdrgm|DocumentAncestors|CameraRawSettings|crs:RawFileName",
)
"""Signs in XMP of embedded pictures, of parts after the end and of edit records."""

PLACE: Final = re.compile(
    r"""\s[\w]+:GPS\w*\s*=\s*("[^"]*"|'[^']*')|<(\w+:GPS\w*)\b[^>]*>.*?</\2>|<\w+:GPS\w*[^>]*/>""",
    re.DOTALL,
)
"""Attributes and elements in XMP that say where a photo was taken."""


@final
@dataclass(frozen=True, kw_only=True)
class Metadata:
    """Records of a photo, as they were.

    Args:
        base: EXIF of the picture.
        exposure: EXIF of the exposure.
        location: EXIF of the place.
        xmp: XMP packet.
        comment: JPEG comment.
        texts: PNG texts by keyword.
        resolution: Pixels per inch across and down.
    """

    base: Tags = field(default_factory=dict)
    exposure: Tags = field(default_factory=dict)
    location: Tags = field(default_factory=dict)
    xmp: str = ""
    comment: bytes = b""
    texts: dict[str, str] = field(default_factory=dict)
    resolution: tuple[float, float] | None = None

    @classmethod
    def of(cls, picture: Image.Image) -> "Metadata":
        """Everything that Pillow has read; damaged EXIF counts as none."""
        base, exposure, location = _exif(picture)
        comment = picture.info.get("comment", b"")
        return cls(
            base=base,
            exposure=exposure,
            location=location,
            xmp=_text(picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp") or ""),
            comment=comment if isinstance(comment, bytes) else str(comment).encode(),
            texts={k: str(v) for k, v in getattr(picture, "text", {}).items() if _passable(k)},
            resolution=_resolution(picture.info.get("dpi")),
        )

    def to_pass_on(self, *, keep: bool, keep_location: bool) -> "Metadata":
        """What may stand in the protected file.

        Copies of the original picture never do. By default only the kind of camera, exposure and
        date stay.

        Args:
            keep: Keep everything else but the place.
            keep_location: Keep the place.
        """
        location = self.location if keep_location else {}
        if not keep:
            return Metadata(
                base=_only(self.base),
                exposure=_only(self.exposure),
                location=location,
                resolution=self.resolution,
            )
        return Metadata(
            base=_without_copies(self.base),
            exposure=_without_copies(self.exposure),
            location=location,
            xmp=_clean_xmp(self.xmp, keep_location=keep_location),
            comment=b"" if PICTURE in self.comment else self.comment,
            texts=self.texts,
            resolution=self.resolution,
        )

    def exif(self) -> bytes:
        """The EXIF block; empty if there is nothing to say."""
        exif = Image.Exif()
        for tag, value in self.base.items():
            exif[tag] = value
        if self.exposure:
            exif[IFD.Exif] = self.exposure
        if self.location:
            exif[IFD.GPSInfo] = self.location
        return exif.tobytes() if len(exif) else b""


def _exif(picture: Image.Image) -> tuple[Tags, Tags, Tags]:
    try:
        exif = picture.getexif()
        parts = (dict(exif), dict(exif.get_ifd(IFD.Exif)), dict(exif.get_ifd(IFD.GPSInfo)))
    except (SyntaxError, ValueError, KeyError, TypeError, struct.error, OSError):
        return {}, {}, {}
    return parts


def _only(tags: Tags) -> Tags:
    return {tag: value for tag, value in tags.items() if tag in HARMLESS}


def _without_copies(tags: Tags) -> Tags:
    return {
        tag: value
        for tag, value in tags.items()
        if tag not in STRUCTURE and not (isinstance(value, bytes) and PICTURE in value)
    }


def _clean_xmp(xmp: str, *, keep_location: bool) -> str:
    if COPIES.search(xmp):
        return ""
    return xmp if keep_location else PLACE.sub("", xmp)


def _passable(keyword: str) -> bool:
    """Whether a PNG text is one for people, not a record of another program."""
    return not keyword.startswith(("XML:", "Raw profile"))


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", "replace").rstrip("\0") if isinstance(value, bytes) else value


def _resolution(value: Any) -> tuple[float, float] | None:  # noqa: ANN401 -- whatever Pillow read
    if not isinstance(value, tuple) or len(value) != 2 or not all(v > 0 for v in value):
        return None
    return float(value[0]), float(value[1])
