"""Copies of the original picture that a file may carry beside the one that is shown."""

import io
import struct
from collections.abc import Iterator
from typing import Final

from PIL import Image
from PIL.ExifTags import IFD

from sublimen.photo.file import allow_heif, is_heif
from sublimen.photo.metadata import COPIES, PICTURE

PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"

FURTHER: Final = {
    "thumbnails": "thumbnail",
    "depth_images": "depth picture",
    "aux": "auxiliary picture",
}
"""What pillow-heif tells of further pictures in a HEIC."""

THUMBNAILS: Final = frozenset({330, 513})
"""Tags of a TIFF that lead to a further picture."""

NAMES: Final = {0xE1: "EXIF or XMP", 0xE2: "second picture", 0xED: "Photoshop record"}
"""What JPEG segments that may hold a copy are called."""


def leaks(data: bytes) -> tuple[str, ...]:
    """What in an encoded photo could show the original, in words; empty if there is nothing.

    Looked for are embedded JPEG files in any record, second pictures, Photoshop records, XMP
    that refers to embedded pictures, and data after the end of the picture.

    Args:
        data: A JPEG, PNG, WebP, TIFF or HEIC file.
    """
    return tuple(dict.fromkeys(_leaks(data)))


def _leaks(data: bytes) -> Iterator[str]:
    if COPIES.search(data.decode("latin-1")):
        yield "XMP that refers to embedded pictures"
    if data[:2] == PICTURE[:2]:
        yield from _in_jpeg(data)
    elif data[:8] == PNG_SIGNATURE:
        yield from _in_png(data)
    elif data[:4] == b"RIFF":
        yield from _in_riff(data)
    else:
        yield from _in_records(data)


def _in_jpeg(data: bytes) -> Iterator[str]:
    """Walk the segments up to the picture, then look behind its end."""
    place = 2
    while data[place] == 0xFF and data[place + 1] != 0xDA:
        marker = data[place + 1]
        (length,) = struct.unpack(">H", data[place + 2 : place + 4])
        segment = data[place + 4 : place + 2 + length]
        if _holds_copy(marker, segment):
            yield NAMES.get(marker, "embedded JPEG")
        place += 2 + length
    end = data.find(b"\xff\xd9", place)
    if end != len(data) - 2:
        yield "data after the end of the picture"


def _holds_copy(marker: int, segment: bytes) -> bool:
    if marker == 0xE2 and segment.startswith(b"ICC_PROFILE"):
        return False
    second = marker == 0xE2 and segment.startswith(b"MPF")
    photoshop = marker == 0xED and segment.startswith(b"Photoshop")
    return second or photoshop or PICTURE in segment


def _in_png(data: bytes) -> Iterator[str]:
    place = len(PNG_SIGNATURE)
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        kind = data[place + 4 : place + 8]
        body = data[place + 8 : place + 8 + length]
        place += 12 + length
        if kind not in {b"IDAT", b"iCCP"} and PICTURE in body:
            yield f"embedded JPEG in {kind.decode('latin-1')}"
        if kind == b"IEND":
            break
    if place < len(data):
        yield "data after the end of the picture"


def _in_riff(data: bytes) -> Iterator[str]:
    (length,) = struct.unpack("<I", data[4:8])
    if len(data) > length + 8:
        yield "data after the end of the picture"
    place = 12
    while place + 8 <= min(len(data), length + 8):
        (size,) = struct.unpack("<I", data[place + 4 : place + 8])
        kind, body = data[place : place + 4], data[place + 8 : place + 8 + size]
        if kind in {b"EXIF", b"XMP "} and PICTURE in body:
            yield f"embedded JPEG in {kind.decode('latin-1').strip()}"
        place += 8 + size + size % 2


def _in_records(data: bytes) -> Iterator[str]:
    """What a TIFF or HEIC says of further pictures; pixel data may look like anything."""
    if is_heif(data):
        allow_heif()
    with Image.open(io.BytesIO(data)) as picture:
        for key, name in FURTHER.items():
            if picture.info.get(key):
                yield name
        if getattr(picture, "n_frames", 1) > 1:
            yield "second picture"
        exif = picture.getexif()
        tags = {**exif, **exif.get_ifd(IFD.Exif), **exif.get_ifd(IFD.GPSInfo)}
        values = [*tags.values(), *(picture.info.get(key) for key in ("exif", "xmp"))]
    if THUMBNAILS & set(tags):
        yield "thumbnail"
    if any(isinstance(value, bytes) and PICTURE in value for value in values):
        yield "embedded JPEG"
