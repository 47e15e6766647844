from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sublimen.errors import OutputError
from sublimen.photo.encoding import Codec
from sublimen.photo.file import decode, open_photo
from sublimen.recognisers.face import Box


def noisy(region, seed=0):
    noise = np.random.default_rng(seed).integers(-9, 10, region.shape)
    return np.clip(region.astype(int) + noise, 0, 255).astype(np.uint8)


def cut(levels, box):
    return levels[box.y0 : box.y1, box.x0 : box.x1]


def check_that_a_region_reads_back_as_in_the_whole_file(codec, box):
    base = codec.photo.levels
    region = noisy(cut(base, box))
    changed = base.copy()
    changed[box.y0 : box.y1, box.x0 : box.x1] = region

    local = codec.read_back(region, base, box)

    whole, _ = decode(codec.encode(changed))
    np.testing.assert_array_equal(local, cut(whole, box))


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize(
    "box",
    [
        Box(40, 50, 121, 117),
        Box(0, 0, 33, 20),
        Box(150, 170, 187, 201),
        Box(64, 64, 65, 65),
        Box(0, 0, 187, 201),
    ],
)
def test_a_region_of_a_jpeg_reads_back_as_in_the_whole_file(
    make, portrait, subsampling, progressive, box
):
    path = make(portrait, "a.jpg", quality=60, subsampling=subsampling, progressive=progressive)
    photo = open_photo(path)
    codec = Codec(photo, Path("b.jpg"))
    check_that_a_region_reads_back_as_in_the_whole_file(codec, box)


def test_a_grey_jpeg_stays_grey(make, portrait):
    photo = open_photo(make(portrait[..., 0], "a.jpg", quality=80))
    codec = Codec(photo, Path("b.jpg"))

    levels, _ = decode(codec.encode(photo.levels))

    assert levels.shape == photo.levels.shape


def test_a_jpeg_saved_again_with_its_own_tables_hardly_changes(make, portrait):
    photo = open_photo(make(portrait, "a.jpg", quality=50, subsampling=2))

    levels, _ = decode(Codec(photo, Path("b.jpg")).encode(photo.levels))

    difference = np.abs(levels.astype(int) - photo.levels)
    assert (difference > 2).mean() < 0.01


@pytest.mark.parametrize("name", ["b.png", "b.tif", "b.webp", "b.jpeg"])
def test_every_format_gives_back_what_it_promised(make, portrait, name):
    photo = open_photo(make(portrait, "a.png"))
    codec = Codec(photo, Path(name))

    check_that_a_region_reads_back_as_in_the_whole_file(codec, Box(20, 30, 90, 111))
    assert codec.lossless == (name != "b.jpeg")


def test_a_lossy_webp_is_saved_lossily_and_read_back_whole(make, portrait):
    photo = open_photo(make(portrait, "a.webp", quality=70))
    codec = Codec(photo, Path("b.webp"))

    assert not codec.lossless
    check_that_a_region_reads_back_as_in_the_whole_file(codec, Box(10, 10, 60, 60))


def test_heic_is_written_and_read_back(make, portrait):
    pytest.importorskip("pillow_heif", reason="the extra heif brings pillow-heif")
    photo = open_photo(make(portrait[:160, :160].copy(), "a.png"))
    codec = Codec(photo, Path("b.heic"))

    levels = codec.read_back(photo.levels, photo.levels, Box(0, 0, 160, 160))

    whole, _ = decode(codec.encode(photo.levels))
    np.testing.assert_array_equal(levels, whole)


@pytest.mark.parametrize(("name", "kind"), [("b.png", "RGBA"), ("b.webp", "RGBA"), ("b.tif", "LA")])
def test_transparency_is_kept_to_the_bit(make, portrait, name, kind):
    alpha = np.random.default_rng(1).integers(0, 256, portrait.shape[:2], dtype=np.uint8)
    colours = portrait if kind == "RGBA" else portrait[..., :1]
    photo = open_photo(make(np.dstack([colours, alpha]), "a.png"))

    levels, saved_alpha = decode(Codec(photo, Path(name)).encode(photo.levels))

    np.testing.assert_array_equal(levels, photo.levels)
    np.testing.assert_array_equal(saved_alpha, alpha)


def test_a_jpeg_cannot_hold_transparency(make, portrait):
    photo = open_photo(make(np.dstack([portrait, portrait[..., 0]]), "a.png"))

    with pytest.raises(OutputError, match="transparency"):
        Codec(photo, Path("b.jpg"))


def test_an_unknown_ending_is_refused(make, portrait):
    photo = open_photo(make(portrait, "a.png"))

    with pytest.raises(OutputError, match=r"must end in one of .*, got \.gif"):
        Codec(photo, Path("b.gif"))


@pytest.mark.parametrize("name", ["b.png", "b.jpg", "b.webp", "b.tif"])
def test_the_colour_profile_is_kept(make, portrait, icc, tmp_path, name):
    photo = open_photo(make(portrait, "a.jpg", icc_profile=icc))
    path = tmp_path / name

    path.write_bytes(Codec(photo, path).encode(photo.levels))

    with Image.open(path) as picture:
        assert picture.info["icc_profile"] == icc
