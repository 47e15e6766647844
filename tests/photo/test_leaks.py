import io

import numpy as np
import pytest
from PIL import Image

from sublimen.photo.leaks import leaks


def encoded(picture, kind, **settings):
    written = io.BytesIO()
    Image.fromarray(picture).save(written, kind, **settings)
    return written.getvalue()


def segment(marker, body):
    return b"\xff" + bytes([marker]) + (len(body) + 2).to_bytes(2, "big") + body


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_plain_file_has_none(portrait, icc, kind):
    assert leaks(encoded(portrait, kind, icc_profile=icc)) == ()


@pytest.mark.parametrize(
    ("marker", "body", "name"),
    [
        (0xE1, b"Exif\0\0 ... \xff\xd8\xff\xdb", "EXIF or XMP"),
        (0xE2, b"MPF\0MM\0*", "second picture"),
        (0xED, b"Photoshop 3.0\0", "Photoshop record"),
        (0xE5, b"maker \xff\xd8\xff\xe1", "embedded JPEG"),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0 xmpGImg:image", "XMP that refers"),
    ],
)
def test_records_of_a_jpeg_are_looked_into(portrait, marker, body, name):
    data = encoded(portrait, "JPEG")

    (found,) = leaks(data[:2] + segment(marker, body) + data[2:])

    assert found.startswith(name)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_follows_the_picture_is_found(portrait, kind):
    (found,) = leaks(encoded(portrait, kind) + b"\0\0\0\x18ftypmp42")

    assert found == "data after the end of the picture"


def test_a_progressive_jpeg_ends_where_it_ends(portrait):
    assert leaks(encoded(portrait, "JPEG", progressive=True)) == ()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_thumbnail_in_exif_is_found(portrait, kind, thumbnail):
    exif = Image.Exif()
    exif[34665] = {37500: thumbnail}

    (found,) = leaks(encoded(portrait, kind, exif=exif))

    assert found.startswith("embedded JPEG in ")


def test_a_thumbnail_in_a_tiff_is_found(portrait, thumbnail):
    exif = Image.Exif()
    exif[65000] = thumbnail

    (found,) = leaks(encoded(portrait, "TIFF", exif=exif))

    assert found == "embedded JPEG"


def test_a_second_page_is_found(portrait):
    more = [Image.fromarray(portrait)]

    assert leaks(encoded(portrait, "TIFF", save_all=True, append_images=more)) == (
        "second picture",
    )


def test_pixels_that_look_like_a_jpeg_are_no_copy():
    pixels = np.zeros((20, 20, 3), np.uint8)
    pixels[3, 4] = (0xFF, 0xD8, 0xFF)

    assert leaks(encoded(pixels, "TIFF")) == ()


def test_a_thumbnail_in_a_heic_is_found(portrait):
    heif = pytest.importorskip("pillow_heif", reason="the extra heif brings pillow-heif")
    plain, with_thumbnail = io.BytesIO(), io.BytesIO()
    heif.from_pillow(Image.fromarray(portrait[:160, :160])).save(plain)
    file = heif.from_pillow(Image.fromarray(portrait[:160, :160]))
    file[0].info["thumbnails"] = [64]
    file.save(with_thumbnail)

    assert leaks(plain.getvalue()) == ()
    assert "thumbnail" in leaks(with_thumbnail.getvalue())
