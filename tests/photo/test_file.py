import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from sublimen.errors import MissingExtraError, PhotoError
from sublimen.photo.file import open_photo


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("a.png", {}),
        ("a.tif", {}),
        ("a.tiff", {"compression": "tiff_lzw"}),
        ("a.webp", {"lossless": True}),
    ],
)
def test_lossless_files_are_read_to_the_bit(make, portrait, name, settings):
    photo = open_photo(make(portrait, name, **settings))

    assert photo.lossless
    assert photo.alpha is None
    np.testing.assert_array_equal(photo.levels, portrait)


def test_a_jpeg_remembers_how_it_was_encoded(make, portrait):
    path = make(portrait, "a.jpg", quality=71, subsampling=2, progressive=True)

    photo = open_photo(path)

    with Image.open(path) as picture:
        assert photo.jpeg.quantisation == picture.quantization
        np.testing.assert_array_equal(photo.levels, np.asarray(picture))
    assert photo.jpeg.subsampling == 2
    assert photo.jpeg.progressive
    assert not photo.lossless


@pytest.mark.parametrize("turn", range(1, 9))
def test_photos_are_read_upright(make, portrait, turn):
    exif = Image.Exif()
    exif[274] = turn
    sideways = {
        1: portrait,
        2: portrait[:, ::-1],
        3: portrait[::-1, ::-1],
        4: portrait[::-1],
        5: portrait.transpose(1, 0, 2),
        6: np.rot90(portrait, 1),
        7: np.rot90(portrait, 1)[::-1],
        8: np.rot90(portrait, -1),
    }[turn]
    if turn == 7:
        sideways = portrait[::-1, ::-1].transpose(1, 0, 2)

    photo = open_photo(make(np.ascontiguousarray(sideways), "a.png", exif=exif))

    np.testing.assert_array_equal(photo.levels, portrait)


def test_grey_stays_grey_and_transparency_is_kept_apart(make, portrait):
    grey = portrait[..., 1]
    alpha = np.linspace(0, 255, grey.size).reshape(grey.shape).astype(np.uint8)

    one = open_photo(make(grey, "grey.png"))
    two = open_photo(make(np.dstack([grey, alpha]), "grey_alpha.png"))
    four = open_photo(make(np.dstack([portrait, alpha]), "colour_alpha.png"))

    assert one.grey
    assert one.levels.shape == (*grey.shape, 1)
    np.testing.assert_array_equal(two.levels[..., 0], grey)
    np.testing.assert_array_equal(two.alpha, alpha)
    np.testing.assert_array_equal(four.levels, portrait)
    np.testing.assert_array_equal(four.alpha, alpha)


def test_palettes_and_two_tone_pictures_are_read_without_loss(make, portrait):
    few = Image.fromarray(portrait).quantize(16)
    two_tone = Image.fromarray(portrait).convert("1")

    np.testing.assert_array_equal(
        open_photo(make(few, "p.png")).levels, np.asarray(few.convert("RGB"))
    )
    assert open_photo(make(two_tone, "bw.png")).grey


def sixteen_bit_png(path):
    """A colour PNG with 16 bits a sample, which Pillow would read as 8 bits."""

    def chunk(kind, body):
        sized = struct.pack(">I", len(body)) + kind + body
        return sized + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 20, 20, 16, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + bytes(20 * 6)) * 20)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def animation(path, portrait, **settings):
    frames = [Image.fromarray(portrait), Image.fromarray(portrait[::-1].copy())]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100, **settings)


def bad_files(folder, portrait):
    whole = io.BytesIO()
    Image.fromarray(portrait).save(whole, "JPEG")
    (folder / "folder").mkdir()
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.jpg").write_text("this is no picture")
    (folder / "cut.jpg").write_bytes(whole.getvalue()[:-900])
    (folder / "tiny.png").write_bytes(b"")
    Image.new("RGB", (1, 1)).save(folder / "tiny.png")
    sixteen_bit_png(folder / "deep.png")
    Image.fromarray(np.zeros((20, 20), np.uint16)).save(folder / "deep.tif")
    Image.fromarray(np.zeros((20, 20), np.float32)).save(folder / "float.tif")
    Image.new("CMYK", (20, 20)).save(folder / "print.jpg")
    animation(folder / "moving.webp", portrait)
    animation(folder / "moving.png", portrait)
    animation(folder / "pages.tif", portrait)
    Image.fromarray(portrait).save(folder / "one.gif")
    Image.fromarray(portrait).save(folder / "one.bmp")
    broken = bytearray((folder / "moving.png").read_bytes())
    broken[40] ^= 0xFF
    (folder / "broken.png").write_bytes(bytes(broken))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing.jpg", "no such file"),
        ("folder", "got a folder"),
        ("empty.jpg", "empty file"),
        ("text.jpg", "something else"),
        ("cut.jpg", "damaged"),
        ("tiny.png", "at least 16 x 16"),
        ("deep.png", "8 bits a sample, got 16"),
        ("deep.tif", "8 bits a sample, got 16"),
        ("float.tif", "8 bits a sample, got 32"),
        ("print.jpg", "got CMYK"),
        ("moving.webp", "one picture"),
        ("moving.png", "one picture"),
        ("pages.tif", "one picture"),
        ("one.gif", "got GIF"),
        ("one.bmp", "got BMP"),
        ("broken.png", "damaged|something else"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(tmp_path, portrait, name, words):
    bad_files(tmp_path, portrait)

    with pytest.raises(PhotoError, match=words) as refusal:
        open_photo(tmp_path / name)

    assert name in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_decompression_bomb_is_refused(make, monkeypatch, portrait):
    path = make(portrait, "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)

    with pytest.raises(PhotoError, match="megapixels"):
        open_photo(path)

    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", portrait.size // 3 - 1)
    with pytest.raises(PhotoError, match="megapixels"):
        open_photo(path)


def test_an_unreadable_file_is_refused(monkeypatch, portrait, make):
    path = make(portrait, "a.png")

    def refuse(_self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_bytes", refuse)

    with pytest.raises(PhotoError, match="Permission denied"):
        open_photo(path)


def test_of_a_photo_with_a_second_picture_the_first_is_read(tmp_path, portrait):
    path = tmp_path / "two.jpg"
    first, second = Image.fromarray(portrait), Image.fromarray(portrait[::-1].copy())
    first.save(path, format="MPO", save_all=True, append_images=[second], quality=95)

    photo = open_photo(path)

    assert photo.format == "JPEG"
    assert np.abs(photo.levels.astype(int) - portrait).mean() < 3


def test_damaged_exif_counts_as_none(make, portrait):
    path = make(portrait, "a.jpg", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x13" * 40)

    assert open_photo(path).metadata.location == {}


def test_heic_needs_its_extra(tmp_path, monkeypatch):
    path = tmp_path / "a.heic"
    path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)

    with pytest.raises(MissingExtraError, match=r"sublimen\[heif\]"):
        open_photo(path)


def test_heic_is_read(tmp_path, portrait):
    heif = pytest.importorskip("pillow_heif", reason="the extra heif brings pillow-heif")
    path = tmp_path / "a.heic"
    heif.from_pillow(Image.fromarray(portrait)).save(path, quality=95)

    photo = open_photo(path)

    assert photo.format == "HEIF"
    assert np.abs(photo.levels.astype(int) - portrait).mean() < 4


@pytest.mark.parametrize("kind", [TypeError, KeyError, RuntimeError, struct.error, OverflowError])
def test_whatever_a_damaged_file_makes_pillow_raise_is_one_sentence(
    make, portrait, monkeypatch, kind
):
    path = make(portrait, "a.png")

    def fail(_self):
        raise kind("damaged inside")

    monkeypatch.setattr(Image.Image, "load", fail)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", fail)

    with pytest.raises(PhotoError, match="a damaged file"):
        open_photo(path)
