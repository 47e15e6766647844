import math

import pytest
import torch

from sublimen.recognisers.face import Box, Face
from sublimen.recognisers.five_points import NOSE_BASE, TEMPLATE, Placement, eyes_and_nose

FACE = Face(
    Box(10, 20, 60, 70), ((50.0, 40.0), (42.0, 42.0), (20.0, 38.0), (30.0, 40.0), (35.0, 60.0))
)


def photo(height, width, seed=0):
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


def test_the_eyes_are_the_middles_of_their_corners_and_the_left_of_the_photo_comes_first():
    assert eyes_and_nose(FACE) == ((25.0, 39.0), (46.0, 41.0), (35.0, 60.0))


@pytest.mark.parametrize("turn", [1, 2.5, 0.3j, -1 + 0.5j])
def test_a_similarity_is_found_again(turn):
    moved = [100 - 7j + turn * complex(*point) for point in TEMPLATE]

    placement = Placement.between([(p.real, p.imag) for p in moved], TEMPLATE)

    assert placement.turn == pytest.approx(turn)
    assert placement.start == pytest.approx(100 - 7j)
    assert placement.scale == pytest.approx(abs(turn))


def test_a_face_whose_points_are_those_of_the_template_stays_where_it_is():
    (left, right), nose = TEMPLATE[:2], NOSE_BASE
    corners = [(x + shift, y) for x, y in (right, left) for shift in (5.0, -5.0)]
    face = Face(Box(0, 0, 112, 112), (*corners, nose))

    placement = Placement.arcface(face)

    assert (placement.start, placement.turn) == (pytest.approx(0), pytest.approx(1))
    assert placement.side == 112


def test_five_points_count_before_those_of_dlib():
    points = tuple((2 * x + 3, 2 * y - 5) for x, y in TEMPLATE)

    placement = Placement.arcface(Face(FACE.box, FACE.landmarks, points))

    assert (placement.start, placement.turn) == (pytest.approx(3 - 5j), pytest.approx(2))


def test_of_three_points_that_do_not_fit_none_is_favoured():
    # The nose is 9 pixels too low: the middle of the points moves by 3, and so does the chip's.
    found = [*TEMPLATE[:2], (NOSE_BASE[0], NOSE_BASE[1] + 9)]

    placement = Placement.between(found, (*TEMPLATE[:2], NOSE_BASE))

    middle = sum(complex(*point) for point in (*TEMPLATE[:2], NOSE_BASE)) / 3
    assert placement.start + placement.turn * middle == pytest.approx(middle + 3j)


def test_a_square_of_the_photos_own_pixels_is_copied():
    picture = photo(40, 50)

    chips = Placement(7 + 9j, 1, 20).cut(picture)

    torch.testing.assert_close(chips, picture[..., 9:29, 7:27], rtol=0, atol=1e-5)


def test_a_quarter_turn_is_a_quarter_turn():
    picture = photo(40, 40)

    # The chip's rows run to the left in the photo, its columns downwards.
    chips = Placement(29 + 10j, 1j, 20).cut(picture)

    expected = torch.rot90(picture[..., 10:30, 10:30], 1, dims=(2, 3))
    torch.testing.assert_close(chips, expected, rtol=0, atol=1e-5)


def test_beyond_the_photo_lies_black():
    picture = torch.ones(1, 3, 30, 30)

    chips = Placement(-5 - 8j, 1, 20).cut(picture)

    assert chips[..., :8, :].max() == 0
    assert chips[..., :, :5].max() == 0
    torch.testing.assert_close(chips[..., 8:, 5:], torch.ones(1, 3, 12, 15), rtol=0, atol=1e-5)


def test_a_square_that_misses_the_photo_is_black():
    assert Placement(900 + 900j, 1, 20).cut(photo(30, 30)).tolist() == [[[[0.0] * 20] * 20] * 3]


def test_grey_photos_give_three_equal_channels():
    chips = Placement(3 + 3j, 1, 20).cut(photo(30, 30)[:, :1])

    assert chips.shape == (1, 3, 20, 20)
    assert torch.equal(chips[:, 0], chips[:, 2])


def test_detail_too_fine_for_the_chip_becomes_grey_and_does_not_alias():
    columns = torch.arange(200).remainder(2).float()
    stripes = columns.expand(1, 3, 200, 200)

    # Every fourth pixel has one colour: without the filter the chip would be black.
    chips = Placement(20 + 20j, 4, 40).cut(stripes)

    assert (chips - 0.5).abs().max() < 0.02


def test_a_larger_photo_of_the_same_scene_gives_the_same_chip():
    coarse = torch.nn.functional.interpolate(photo(12, 12), (64, 64), mode="bicubic").clamp(0, 1)
    fine = coarse.repeat_interleave(5, dim=2).repeat_interleave(5, dim=3)

    small = Placement(12 + 12j, 1, 40).cut(coarse)
    large = Placement(62 + 62j, 5, 40).cut(fine)

    assert (small - large).abs().mean() < 0.01


@pytest.mark.parametrize("turn", [1.1 + 0.2j, 3.7 - 1j, 0.4 + 0.1j])
def test_the_window_is_all_that_is_read(turn):
    picture = photo(220, 230)
    placement = Placement(30.3 + 60.6j, turn, 30)
    box = placement.window
    left, top = max(box.x0, 0), max(box.y0, 0)

    part = placement.cut(picture[..., top : box.y1, left : box.x1], origin=(left, top))

    torch.testing.assert_close(part, placement.cut(picture), rtol=0, atol=0)


@pytest.mark.parametrize("turn", [0.8 + 0.1j, 2.2 - 0.7j])
def test_pixels_beyond_the_window_do_not_count(turn):
    picture = photo(140, 150)
    placement = Placement(50.3 + 60.6j, turn, 20)
    box = placement.window
    other = photo(140, 150, seed=1)
    other[..., box.y0 : box.y1, box.x0 : box.x1] = picture[..., box.y0 : box.y1, box.x0 : box.x1]

    torch.testing.assert_close(placement.cut(other), placement.cut(picture), rtol=0, atol=0)
    assert math.isfinite(box.width)


@pytest.mark.parametrize("turn", [0.7 + 0.2j, 2.4 - 0.5j])
def test_the_gradient_is_that_of_differences(turn):
    picture = 0.25 + photo(60, 60).double() / 2
    direction = photo(60, 60, seed=3).double() - 0.5
    weights = photo(15, 15, seed=4).double()
    placement = Placement(12 + 20j, turn, 15)

    (gradient,) = torch.autograd.grad(
        (placement.cut(picture.requires_grad_()) * weights).sum(), picture
    )

    with torch.no_grad():
        ahead, behind = (
            (placement.cut(picture + step * direction) * weights).sum() for step in (1e-4, -1e-4)
        )
    slope = (ahead - behind).item() / 2e-4
    assert (gradient * direction).sum().item() == pytest.approx(slope, rel=1e-6)


def test_several_versions_of_a_photo_are_cut_at_once():
    pictures = torch.cat([photo(50, 50), photo(50, 50, seed=5)])
    placement = Placement(5 + 5j, 1.7, 20)

    chips = placement.cut(pictures)

    torch.testing.assert_close(chips[1:], placement.cut(pictures[1:]), rtol=0, atol=1e-6)
