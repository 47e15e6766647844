import errno
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from PIL import Image

from sublimen import whole_file
from sublimen.errors import OutputError
from sublimen.photo import write
from sublimen.photo.encoding import Codec
from sublimen.photo.file import open_photo
from sublimen.photo.leaks import leaks
from sublimen.photo.write import check_target, output_path, save_photo

MARK = b"\xff\xd8\xff\xe0THE ORIGINAL FACE"
FORMATS = ["out.jpg", "out.png", "out.webp", "out.tif"]
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description dc:title="kept" '
    'exif:GPSLatitude="48,12N"{extra}/></rdf:RDF></x:xmpmeta>'
)
SECRETS = [b"SERIAL-BODY", b"SERIAL-LENS", b"UNIQUE-ID", b"A. Name", b"MAKERNOTE", b"user comment"]


@pytest.fixture
def with_everything(make, portrait, exif, icc):
    """A JPEG that carries place, serial numbers, copies of the face and more."""
    path = make(
        portrait,
        "in.jpg",
        exif=exif,
        icc_profile=icc,
        quality=85,
        comment=b"a comment",
        xmp=XMP.format(extra="").encode(),
    )
    path.write_bytes(path.read_bytes() + b"\0\0\0\x18ftypmp42" + MARK)
    return path


def save(source, target, **options):
    photo = open_photo(source)
    return save_photo(Codec(photo, target), photo.levels, **options)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("keep", [False, True])
def test_no_copy_of_the_original_is_passed_on(with_everything, tmp_path, name, keep):
    target = tmp_path / name

    save(with_everything, target, keep_metadata=keep)

    data = target.read_bytes()
    assert b"THE ORIGINAL FACE" not in data
    assert data.count(b"\xff\xd8\xff") == (1 if name == "out.jpg" else 0)
    assert leaks(data) == ()


@pytest.mark.parametrize("name", FORMATS)
def test_by_default_only_camera_exposure_and_date_are_passed_on(with_everything, tmp_path, name):
    target = tmp_path / name

    save(with_everything, target)

    data = target.read_bytes()
    assert not [secret for secret in [*SECRETS, b"a comment", b"GPS", b"xmpmeta"] if secret in data]
    with Image.open(target) as picture:
        exif = picture.getexif()
        assert exif[306] == "2026:01:02 03:04:05"
        assert exif[272] == "Model"
        assert exif.get_ifd(34665)[36867] == "2026:01:02 03:04:05"
        assert not exif.get_ifd(34853)
        assert exif.get(274, 1) == 1


@pytest.mark.parametrize("name", FORMATS)
def test_on_request_all_but_the_place_is_passed_on(with_everything, tmp_path, name):
    target = tmp_path / name

    save(with_everything, target, keep_metadata=True)

    with Image.open(target) as picture:
        exif = picture.getexif()
        assert exif[315] == "A. Name"
        assert exif.get_ifd(34665)[42033] == "SERIAL-BODY"
        assert not exif.get_ifd(34853)
    data = target.read_bytes()
    assert b"GPSLatitude" not in data
    if name != "out.tif":
        assert b"kept" in data


def test_on_request_the_place_is_passed_on(with_everything, tmp_path):
    save(with_everything, tmp_path / "out.jpg", keep_location=True)

    with Image.open(tmp_path / "out.jpg") as picture:
        assert picture.getexif().get_ifd(34853)[1] == "N"


def test_xmp_that_refers_to_embedded_pictures_is_dropped(make, portrait, tmp_path):
    packet = XMP.format(extra=' GImage:Data="/9j/4AAQ"').encode()
    source = make(portrait, "in.jpg", xmp=packet)

    save(source, tmp_path / "out.jpg", keep_metadata=True)

    assert b"GImage" not in (tmp_path / "out.jpg").read_bytes()


def test_png_texts_for_people_are_kept_on_request_alone(make, portrait, tmp_path):
    from PIL.PngImagePlugin import PngInfo

    texts = PngInfo()
    texts.add_text("Title", "a title")
    texts.add_text("Raw profile type exif", "other program")
    source = make(portrait, "in.png", pnginfo=texts)

    save(source, tmp_path / "plain.png")
    save(source, tmp_path / "kept.png", keep_metadata=True)

    assert b"a title" not in (tmp_path / "plain.png").read_bytes()
    kept = (tmp_path / "kept.png").read_bytes()
    assert b"a title" in kept
    assert b"Raw profile" not in kept


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**16), name=st.sampled_from(["o.png", "o.tif", "o.webp"]))
def test_lossless_files_hold_every_level(tmp_path, seed, name):
    levels = np.random.default_rng(seed).integers(0, 256, (17, 23, 4), dtype=np.uint8)
    source = tmp_path / "in.png"
    Image.fromarray(levels).save(source)

    save(source, tmp_path / name, force=True)

    saved = open_photo(tmp_path / name)
    np.testing.assert_array_equal(saved.levels, levels[..., :3])
    np.testing.assert_array_equal(saved.alpha, levels[..., 3])


def test_the_target_is_never_overwritten_unless_asked(make, portrait, tmp_path):
    source, target = make(portrait, "in.png"), tmp_path / "out.png"
    target.write_bytes(b"mine")

    with pytest.raises(OutputError, match="--force"):
        check_target(source, target, force=False)
    with pytest.raises(OutputError, match="--force"):
        save(source, target)
    assert target.read_bytes() == b"mine"

    save(source, target, force=True)
    assert open_photo(target).levels.shape == portrait.shape


def test_the_original_is_never_the_target_even_through_a_link(make, portrait, tmp_path):
    source = make(portrait, "in.png")
    link = tmp_path / "link.png"
    link.symlink_to(source)

    for target in (source, link):
        with pytest.raises(OutputError, match="must not be the original"):
            check_target(source, target, force=True)


def test_places_that_cannot_be_written_are_refused(make, portrait, tmp_path, monkeypatch):
    source = make(portrait, "in.png")
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder.png").mkdir()

    with pytest.raises(OutputError, match="must be a folder, got"):
        check_target(source, tmp_path / "file" / "out.png", force=False)
    with pytest.raises(OutputError, match="must be a file, got a folder"):
        check_target(source, tmp_path / "folder.png", force=True)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OutputError, match="can be written to"):
        check_target(source, tmp_path / "out.png", force=False)


@pytest.mark.parametrize("trouble", [OSError(errno.ENOSPC, "No space left on device")])
def test_a_full_disk_leaves_nothing_behind(make, portrait, tmp_path, monkeypatch, trouble):
    source = make(portrait, "in.png")

    def full(_handle):
        raise trouble

    monkeypatch.setattr(whole_file.os, "fsync", full)

    with pytest.raises(OutputError, match="No space left"):
        save(source, tmp_path / "out.png")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.png"]


def test_an_interruption_leaves_nothing_behind(make, portrait, tmp_path, monkeypatch):
    source = make(portrait, "in.png")

    def interrupt(_handle):
        raise KeyboardInterrupt

    monkeypatch.setattr(whole_file.os, "fsync", interrupt)

    with pytest.raises(KeyboardInterrupt):
        save(source, tmp_path / "out.png")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.png"]


def test_a_file_that_would_hold_a_copy_is_not_put_in_place(make, portrait, tmp_path, monkeypatch):
    source = make(portrait, "in.png")
    monkeypatch.setattr(write, "leaks", lambda _data: ("thumbnail",))

    with pytest.raises(OutputError, match="copy of the original, got: thumbnail"):
        save(source, tmp_path / "out.png")
    assert not (tmp_path / "out.png").exists()


def test_a_file_that_reads_back_otherwise_is_not_put_in_place(
    make, portrait, tmp_path, monkeypatch
):
    source = make(portrait, "in.png")
    monkeypatch.setattr(write, "decode", lambda _data, **_: (portrait[::-1], None))

    with pytest.raises(OutputError, match="read back as it was written"):
        save(source, tmp_path / "out.png")
    assert not (tmp_path / "out.png").exists()


def test_results_are_named_after_their_photo(tmp_path):
    photo = tmp_path / "a.b.JPG"

    assert output_path(photo, None) == tmp_path / "a.b.protected.JPG"
    assert output_path(photo, tmp_path) == tmp_path / "a.b.protected.JPG"
    assert output_path(photo, tmp_path / "new") == tmp_path / "new" / "a.b.protected.JPG"
    assert output_path(photo, tmp_path / "c.png") == tmp_path / "c.png"


@pytest.mark.parametrize("name", FORMATS)
def test_grey_photos_stay_grey_in_every_format(make, portrait, tmp_path, name):
    source = make(portrait[..., 1].copy(), "in.png")

    saved = save(source, tmp_path / name)

    assert saved.shape == (*portrait.shape[:2], 1)
    if name != "out.jpg":
        np.testing.assert_array_equal(saved[..., 0], portrait[..., 1])
