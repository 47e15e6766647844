"""Photo files of every kind, made here."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

MARK = b"\xff\xd8\xff\xe0THE ORIGINAL FACE"
"""Stands for an embedded copy: begins like a JPEG, and can be searched for."""


@pytest.fixture
def portrait(astronaut):
    """Head of the portrait, of odd size."""
    return np.ascontiguousarray(astronaut[20:221, 130:317])


@pytest.fixture
def icc():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture
def exif():
    """EXIF with everything that should not be passed on, and some that may."""
    block = Image.Exif()
    block[271], block[272], block[306] = "Maker", "Model", "2026:01:02 03:04:05"
    block[315] = "A. Name"
    block[34665] = {
        36867: "2026:01:02 03:04:05",
        33434: 0.01,
        42033: "SERIAL-BODY",
        42037: "SERIAL-LENS",
        42016: "UNIQUE-ID",
        37500: b"MAKERNOTE" + MARK,
        37510: b"user comment",
    }
    block[34853] = {1: "N", 2: (48.0, 12.0, 30.0), 3: "E", 4: (11.0, 34.0, 0.0)}
    return block


@pytest.fixture
def thumbnail(portrait):
    written = io.BytesIO()
    Image.fromarray(portrait).resize((48, 48)).save(written, "JPEG")
    return written.getvalue()


@pytest.fixture
def make(tmp_path):
    """Save a picture under a name and return its path."""

    def save(picture, name, **settings):
        path = tmp_path / name
        if isinstance(picture, np.ndarray):
            picture = Image.fromarray(picture)
        picture.save(path, **settings)
        return path

    return save
