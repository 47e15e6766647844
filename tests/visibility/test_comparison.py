import numpy as np
import pytest
import torch
from pairs import distorted
from PIL import Image

from sublimen.errors import ImageError
from sublimen.imaging.levels import from_bytes
from sublimen.recognisers.face import Box, Face
from sublimen.visibility import Cvvdp, Flip, IwSsim, Ssimulacra2
from sublimen.visibility.comparison import Comparison, as_blue

METERS = (Cvvdp(), Ssimulacra2(), Flip())


def compare(reference, changed, faces=(), meters=METERS, **settings):
    pictures = from_bytes(reference), from_bytes(changed)
    return Comparison(*pictures, faces, meters=meters, **settings)


@pytest.fixture
def face():
    """The portrait's own face, 81 pixels wide."""
    eyes = [(247.0, 108.0), (232.0, 111.0), (190.0, 119.0), (206.0, 117.0)]
    return Face(Box(175, 75, 265, 165), (*eyes, (225.0, 146.0)))


@pytest.fixture
def patched(astronaut):
    """Noise on the face alone."""
    changed = astronaut.copy()
    part = np.s_[80:176, 170:266]
    noise = np.random.default_rng(2).integers(-7, 8, astronaut[part].shape)
    changed[part] = np.clip(astronaut[part].astype(int) + noise, 0, 255)
    return changed


def test_nothing_is_read_where_nothing_changed(astronaut, face):
    for viewing in ("face", "fit", "desk", "blue"):
        reading = compare(astronaut, astronaut.copy(), [face]).reading(viewing)
        assert (reading.jnd, reading.meter, reading.window, reading.windows) == (0, None, None, 0)
        assert reading.band == (0, 0)


@pytest.mark.parametrize(
    ("pair", "least", "most"), [("pixel40", 0.05, 1), ("patch64_sign6", 0.6, 2)]
)
@pytest.mark.parametrize("tiles", [1, 3])
def test_a_local_change_cannot_hide_in_a_photo_of_any_size(astronaut, pair, least, most, tiles):
    part = np.ascontiguousarray(astronaut[:300, :340])
    changed = distorted(part, pair)
    photo = np.tile(part, (tiles, tiles, 1))
    large = photo.copy()
    middle = tiles // 2
    large[300 * middle : 300 * (middle + 1), 340 * middle : 340 * (middle + 1)] = changed

    reading = compare(photo, large).reading("desk")

    assert least < reading.jnd < most
    x0, y0, x1, y1 = reading.window
    assert x0 <= 340 * middle + 170 < x1
    assert y0 <= 300 * middle + 150 < y1
    assert reading.jnd == pytest.approx(compare(part, changed).reading("desk").jnd, rel=0.05)


def test_a_patch_of_a_small_window_reads_as_what_fills_that_window(astronaut):
    changed = distorted(astronaut, "patch64_sign6")
    square = np.s_[224:288, 224:288]
    pair = (from_bytes(np.ascontiguousarray(levels[square])) for levels in (astronaut, changed))

    reading = compare(astronaut, changed, meters=(Flip(),)).reading("desk")

    assert reading.meters["flip"].window == (224, 224, 288, 288)
    assert reading.meters["flip"].score == pytest.approx(Flip()(*pair).item(), rel=1e-5)


def test_a_changed_face_reads_the_same_in_the_photo_as_in_a_crop(astronaut, patched, face):
    left, top = 100, 30
    crop = np.s_[top:260, left:360]
    moved = Face(
        Box(face.box.x0 - left, face.box.y0 - top, face.box.x1 - left, face.box.y1 - top),
        tuple((x - left, y - top) for x, y in face.landmarks),
    )
    photo = compare(astronaut, patched, [face])
    cut = compare(*(np.ascontiguousarray(p[crop]) for p in (astronaut, patched)), [moved])

    for viewing in ("face", "desk"):
        assert cut.reading(viewing).jnd == pytest.approx(photo.reading(viewing).jnd, rel=0.05)


def test_in_face_a_reading_does_not_depend_on_the_pixels(astronaut, patched, face):
    crop = np.s_[20:250, 100:340]
    moved = Face(face.box, tuple((x - 100, y - 20) for x, y in face.landmarks))
    pair = [np.ascontiguousarray(p[crop]) for p in (astronaut, patched)]
    size = (2 * pair[0].shape[1], 2 * pair[0].shape[0])
    twice = [np.asarray(Image.fromarray(p).resize(size, Image.Resampling.BICUBIC)) for p in pair]
    enlarged = Face(face.box, tuple((2 * x + 0.5, 2 * y + 0.5) for x, y in moved.landmarks))

    small, large = compare(*pair, [moved]), compare(*twice, [enlarged])

    assert large.reading("face").jnd == pytest.approx(small.reading("face").jnd, rel=0.1)
    assert large.reading("desk").jnd > 1.3 * small.reading("desk").jnd


def test_the_worst_optimised_meter_counts_and_the_unseen_never_do(astronaut, patched):
    reading = compare(astronaut, patched, meters=(*METERS, IwSsim())).reading("desk")

    assert reading.jnd == max(reading.meters[m.name].jnd for m in METERS)
    assert reading.meters[reading.meter].jnd == reading.jnd
    assert reading.band[0] < reading.jnd < reading.band[1]
    assert reading.meters["iw-ssim"].role == "unseen"
    assert reading.jnd_unseen == reading.meters["iw-ssim"].jnd != reading.jnd


def test_a_meter_reads_only_windows_that_are_large_enough_for_it(astronaut):
    comparison = compare(astronaut, distorted(astronaut, "pixel40"))

    comparison.reading("desk")

    sides = {
        name: {p.side for n, p, _ in comparison.scores if n == name} for name in comparison.meters
    }
    assert sides == {"cvvdp": {64, 256}, "flip": {64, 256}, "ssimulacra2": {256}}


def test_of_many_windows_the_likeliest_are_read_and_it_is_said(astronaut):
    changed = distorted(astronaut, "sign4")

    few = compare(
        astronaut, changed, meters=(*METERS, IwSsim()), most={"optimised": 2, "unseen": 1}
    )
    some = few.reading("desk")
    every = compare(astronaut, changed, most={"optimised": 99, "unseen": 1}).reading("desk")

    assert (some.windows, some.read, every.read) == (9, 2, 9)
    names = [name for name, _, _ in few.scores]
    assert {name: names.count(name) for name in few.meters} == {
        **dict.fromkeys(("cvvdp", "ssimulacra2", "flip"), 2),
        "iw-ssim": 1,
    }
    assert 0.7 * every.jnd < some.jnd <= every.jnd


def test_every_face_is_read_however_many_there_are(astronaut, face):
    changed = distorted(astronaut, "sign4")
    other = Face(face.box, tuple((x + 150, y + 200) for x, y in face.landmarks))
    comparison = compare(
        astronaut, changed, [face, other], meters=(Flip(),), most={"optimised": 1, "unseen": 1}
    )

    reading = comparison.reading("face")

    # Both faces' windows and one sliding window at the size of either face, which is the same.
    assert reading.read == 3
    assert sorted(place.side for _, place, _ in comparison.scores) == [256, 443, 443]


def test_each_size_of_a_face_has_likeliest_windows_of_its_own(astronaut, face):
    changed = distorted(astronaut, "sign4")
    smaller = tuple((x / 2 + 250, y / 2 + 250) for x, y in face.landmarks)
    comparison = compare(
        astronaut,
        changed,
        [face, Face(face.box, smaller)],
        meters=(Flip(),),
        most={"optimised": 3, "unseen": 1},
    )

    reading = comparison.reading("face")

    assert reading.read == 2 + 3 + 3
    scales = [place.scale for _, place, _ in comparison.scores if place.side == 256]
    assert sorted(scales.count(scale) for scale in set(scales)) == [3, 3]


def test_what_was_read_once_is_not_read_again(astronaut, monkeypatch):
    # A photo smaller than the screen is the same in `fit` and in `desk`.
    comparison = compare(astronaut, distorted(astronaut, "pixel40"), meters=(Flip(),))
    desk = comparison.reading("desk")
    monkeypatch.setattr(Flip, "__call__", None)

    fit = comparison.reading("fit")

    assert (fit.jnd, fit.window) == (desk.jnd, desk.window)


def test_the_observer_of_blue_sees_blue_and_greys_as_they_are():
    grey = torch.rand(1, 3, 8, 8)[:, :1].expand(-1, 3, -1, -1)
    blue = torch.tensor([0.0, 0.0, 1.0]).view(1, 3, 1, 1)

    torch.testing.assert_close(as_blue(grey), grey, atol=1e-5, rtol=0)
    assert as_blue(grey[:, :1]) is not None
    # A tenth of the light of blue in R and G: 0.349 in sRGB.
    assert as_blue(blue).flatten().tolist() == pytest.approx([0.3492, 0.3492, 1], abs=1e-3)


def test_a_change_of_blue_alone_changes_red_and_green_for_that_observer():
    grey = torch.full((1, 3, 4, 4), 0.5)
    step = torch.tensor([0.0, 0.0, 0.1]).view(1, 3, 1, 1)

    red, green, blue = (as_blue(grey + step) - as_blue(grey)).mean(dim=(0, 2, 3)).tolist()

    assert red == green == pytest.approx(0.0115, abs=5e-4)
    assert blue == pytest.approx(0.1, abs=1e-6)


@pytest.mark.usefixtures("as_users_run_it")
def test_photos_of_two_sizes_are_refused(astronaut):
    with pytest.raises(ImageError, match="must have the same shape"):
        compare(astronaut, astronaut[:-1])


@pytest.mark.parametrize("size", [(16, 16), (20, 300)])
def test_a_small_photo_is_read_in_a_window_of_its_mirror_images(size):
    reference = np.full((*size, 3), 120, dtype=np.uint8)
    changed = reference.copy()
    changed[size[0] // 2 :, :8] += 6

    reading = compare(reference, changed).reading("desk")

    assert set(reading.meters) == {"cvvdp", "ssimulacra2", "flip"}
    assert 0.1 < reading.jnd < 20


@pytest.mark.parametrize("place", [(0, 0), (2, 4), (6, 6)])
def test_a_change_in_one_percent_of_12_megapixels_reads_as_in_the_crop(
    astronaut, patched, face, place
):
    # Tiles that are mirrored alternately, so that the photo goes on at the seams.
    row, column = place
    crop, changed_crop = (p[:428, :500] for p in (astronaut, patched))
    lines = [[crop[:: (-1) ** i, :: (-1) ** j] for j in range(8)] for i in range(7)]
    photo = np.concatenate([np.concatenate(line, axis=1) for line in lines])
    changed = photo.copy()
    changed[428 * row : 428 * (row + 1), 500 * column : 500 * (column + 1)] = changed_crop
    there = Face(
        Box(*(e + (500 * column, 428 * row)[k % 2] for k, e in enumerate(face.box))),
        tuple((x + 500 * column, y + 428 * row) for x, y in face.landmarks),
    )

    small = compare(crop, changed_crop, [face])
    large = compare(photo, changed, [there])

    assert photo.shape == (2996, 4000, 3)
    for viewing in ("face", "desk"):
        found, expected = large.reading(viewing), small.reading(viewing)
        assert found.jnd == pytest.approx(expected.jnd, rel=0.05)
    assert large.reading("fit").jnd < small.reading("fit").jnd
