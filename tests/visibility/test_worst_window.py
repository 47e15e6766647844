"""The worst window of a change: against the whole answer, and what a gradient follows."""

import numpy as np
import pytest
import torch

from sublimen.imaging.levels import from_bytes
from sublimen.recognisers.face import Box, Face
from sublimen.visibility.comparison import Comparison
from sublimen.visibility.displays import DISPLAYS
from sublimen.visibility.flip import Flip
from sublimen.visibility.ssimulacra2 import Ssimulacra2
from sublimen.visibility.views import face_place
from sublimen.visibility.worst_window import REFRESHED, WorstWindow

SCREEN = DISPLAYS["standard_fhd"]
BOX = Box(140, 150, 240, 250)
FACE = Face(
    Box(160, 170, 220, 230),
    ((210.0, 185.0), (200.0, 185.0), (170.0, 185.0), (180.0, 185.0), (190.0, 205.0)),
)
CHANGED = np.zeros((384, 384), dtype=bool)
CHANGED[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1] = True


@pytest.fixture
def photo():
    rng = np.random.default_rng(3)
    coarse = rng.integers(40, 216, (24, 24, 3), dtype=np.uint8)
    return from_bytes(np.kron(coarse, np.ones((16, 16, 1), dtype=np.uint8)))


def noise(seed=0):
    drawn = torch.randint(-5, 6, (1, 3, 100, 100), generator=torch.Generator().manual_seed(seed))
    drawn[:, :, :50] = drawn[:, :, :50].sign()
    return drawn / 255


def watched(photo, viewings, meters=None):
    return WorstWindow(
        photo,
        BOX,
        CHANGED,
        viewings,
        meters=meters or [Ssimulacra2()],
        pixels_per_degree=SCREEN.pixels_per_degree,
    )


def changed(photo, change):
    distorted = photo.clone()
    distorted[:, :, BOX.y0 : BOX.y1, BOX.x0 : BOX.x1] += change
    return distorted.clamp(0, 1)


@pytest.mark.parametrize("viewing", ["desk", "face"])
def test_it_reads_what_the_whole_answer_reads_in_its_sliding_windows(photo, viewing):
    meter = Flip(pixels_per_degree=SCREEN.rounded)
    faces = [FACE] if viewing == "face" else []
    comparison = Comparison(photo, changed(photo, noise()), faces, meters=[meter], display=SCREEN)
    comparison.reading(viewing)
    sliding = [jnd for (_, place, _), jnd in comparison.scores.items() if place.side in {256, 64}]

    reading = watched(photo, [(viewing, FACE if faces else None)], [meter])(noise())

    from sublimen.visibility.calibration import calibration

    expected = calibration().curve("flip").jnd(torch.tensor(sliding)).max()
    assert reading.item() == pytest.approx(expected.item(), rel=0.02)


def test_a_coarse_grid_reads_like_the_same_change_in_the_photos_pixels(photo):
    coarse = torch.randn(1, 3, 25, 25, generator=torch.Generator().manual_seed(1)) * 3 / 255
    fine = torch.nn.functional.interpolate(coarse, (100, 100), mode="bicubic")
    reads = watched(photo, [("desk", None)])

    assert reads(coarse).item() == pytest.approx(reads(fine).item(), rel=0.1)


def test_with_a_gradient_the_worst_window_is_the_value(photo):
    reads = watched(photo, [("face", FACE)])

    value = reads(noise().requires_grad_())

    assert len(reads._windows) > 1
    assert value.item() == pytest.approx(reads(noise()).item(), rel=1e-5)


def test_the_gradient_is_that_of_the_worst_window(photo):
    reads = watched(photo, [("face", FACE)])
    large = [window for window in reads._windows if window.place.side == 256]
    readings = [window.meters(noise(), BOX).amax() for window in large]
    worst = large[int(torch.stack(readings).argmax())]
    change = noise().requires_grad_()

    (slope,) = torch.autograd.grad(reads(change).sum(), change)

    (expected,) = torch.autograd.grad(
        torch.linalg.vector_norm(worst.meters(change, BOX), ord=4), change
    )
    assert torch.allclose(slope, expected)
    assert slope.abs().sum() > 0


def test_what_is_not_read_is_taken_to_grow_with_the_change_until_all_are_read_again(photo):
    reads = watched(photo, [("face", FACE)])
    first = reads(noise().requires_grad_()).item()
    elsewhere = noise().flip(2)

    values = [reads((2 * elsewhere).requires_grad_()).item() for _ in range(REFRESHED + 1)]

    assert values[0] == pytest.approx(2 * first, rel=0.3)
    assert values[-1] == pytest.approx(reads(2 * elsewhere).item(), rel=1e-5)


def test_a_small_region_is_read_in_small_windows_by_the_meters_that_can(photo):
    meters = [Flip(pixels_per_degree=SCREEN.rounded), Ssimulacra2()]

    reads = watched(photo, [("desk", None)], meters)

    sides = {window.place.side: len(window.visible.scores) for window in reads._windows}
    assert sides == {256: 2, 64: 1}


def test_the_windows_hold_the_faces_size(photo):
    reads = watched(photo, [("face", FACE)])

    assert {window.place.scale for window in reads._windows} == {
        face_place(FACE, SCREEN.pixels_per_degree).scale
    }


def test_a_change_is_added_to_what_the_photo_shows(photo):
    darker = watched(photo, [("desk", None)], [Flip(pixels_per_degree=SCREEN.rounded)])
    white = torch.full_like(photo, 1.0)
    lighter = watched(white, [("desk", None)], [Flip(pixels_per_degree=SCREEN.rounded)])

    # On white there is no room upwards, and there is downwards.
    assert lighter(noise().abs()).item() == pytest.approx(0, abs=1e-6)
    assert lighter(-noise().abs()).item() > 0.01
    assert darker(noise().abs()).item() > 0.01


def test_the_slope_is_followed_in_a_large_and_in_a_small_window(photo):
    meters = [Flip(pixels_per_degree=SCREEN.rounded)]
    reads = watched(photo, [("desk", None)], meters)
    alone = [window for window in reads._windows if window.place.side == 256]
    change = noise().requires_grad_()

    (slope,) = torch.autograd.grad(reads(change).sum(), change)

    readings = torch.cat([window.meters(change, BOX) for window in alone])
    (large,) = torch.autograd.grad(torch.linalg.vector_norm(readings, ord=4), change)
    assert torch.cosine_similarity(slope.flatten(), large.flatten(), dim=0) < 0.99
