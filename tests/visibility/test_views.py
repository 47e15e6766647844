import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from sublimen.imaging.resampling import View
from sublimen.recognisers.face import Box, Face
from sublimen.visibility.views import (
    SIDE,
    SMALL,
    Place,
    face_place,
    fit_scale,
    places,
    regions,
    sliding,
)

PPD = 37.84


def changed(height, width, *boxes):
    mask = np.zeros((height, width), dtype=bool)
    for x0, y0, x1, y1 in boxes:
        mask[y0:y1, x0:x1] = True
    return mask


@pytest.fixture
def face():
    """About 100 pixels wide, around column 200 and row 150."""
    eyes = [(237, 121), (216, 122), (163, 121), (185, 122)]
    return Face(Box(150, 100, 250, 200), (*eyes, (201, 162)))


def test_a_face_is_shown_six_degrees_wide_in_a_window_of_one_and_three_tenths_chips(face):
    place = face_place(face, PPD)

    assert place.scale == pytest.approx(6 * PPD / 100, rel=0.05)
    assert place.side == round(1.3 * 1.5 * 6 * PPD)
    x0, y0, x1, y1 = place.box(400, 400)
    assert ((x0 + x1) / 2, (y0 + y1) / 2) == pytest.approx((200, 150), abs=12)
    assert x1 - x0 == pytest.approx(195, rel=0.05)


def test_a_photo_is_fitted_to_the_screen_and_never_enlarged():
    assert fit_scale(1080, 1920) == 1
    assert fit_scale(200, 300) == 1
    assert fit_scale(3000, 4000) == pytest.approx(0.36)
    assert fit_scale(100, 3840) == 0.5


@settings(max_examples=60, deadline=None)
@given(st.data(), st.floats(0.3, 3.0))
def test_windows_cover_every_changed_sample(data, scale):
    height, width = 90, 120
    mask = changed(height, width)
    for _ in range(data.draw(st.integers(1, 4))):
        y, x = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
        mask[y : y + data.draw(st.integers(1, 60)), x : x + data.draw(st.integers(1, 60))] = True

    seen = np.zeros_like(mask)
    for place in sliding(mask, scale):
        x0, y0, x1, y1 = place.box(height, width)
        assert mask[y0:y1, x0:x1].any()
        if place.side == SIDE:
            seen[y0:y1, x0:x1] = True

    assert (seen | ~mask).all()


def test_a_small_change_is_in_the_middle_of_a_window_and_of_a_small_one():
    found = list(sliding(changed(500, 600, (300, 200, 301, 201)), 1.0))

    assert [place.side for place in found] == [SIDE, SMALL]
    for place in found:
        assert ((place.view.x0 + place.view.x1) / 2, place.view.y0 + place.side / 2) == (
            pytest.approx((300.5, 200.5), abs=1)
        )


def test_the_same_change_is_read_in_the_same_windows_wherever_it_lies():
    here = list(sliding(changed(900, 900, (100, 130, 500, 470)), 1.0))
    there = list(sliding(changed(2000, 3000, (1717, 913, 2117, 1253)), 1.0))

    shift = (1617, 783)
    moved = [
        Place(1.0, View(*(edge + shift[k % 2] for k, edge in enumerate(p.view)))) for p in here
    ]
    assert moved == there


def test_changes_far_apart_are_regions_of_their_own():
    mask = changed(1000, 1000, (10, 10, 50, 60), (700, 800, 720, 810), (725, 815, 740, 850))

    assert sorted(regions(mask, 1.0)) == [(10, 10, 50, 60), (700, 800, 740, 850)]


def test_windows_lie_at_most_half_a_window_apart():
    views = [p.view for p in sliding(changed(300, 2000, (0, 0, 2000, 300)), 1.0)]

    columns = sorted({view.x0 for view in views})
    assert columns[0] == 0
    assert columns[-1] == 2000 - SIDE
    assert max(np.diff(columns)) <= SIDE // 2


def test_without_a_change_there_is_no_window(face):
    nothing = changed(400, 400)

    assert not any(places(v, [face], nothing, PPD) for v in ("face", "fit", "desk", "blue"))


def test_without_a_face_nothing_is_read_in_face_and_blue_is_read_at_its_own_size():
    mask = changed(400, 400, (10, 10, 30, 30))

    assert places("face", [], mask, PPD) == []
    assert places("blue", [], mask, PPD) == places("desk", [], mask, PPD)


def test_in_face_the_faces_window_is_read_and_every_window_of_the_change(face):
    mask = changed(400, 400, (160, 110, 240, 190), (350, 350, 360, 360))

    found = places("face", [face], mask, PPD)

    assert found[0] == face_place(face, PPD)
    assert len({place.scale for place in found}) == 1
    assert any(place.box(400, 400).x1 > 350 for place in found)


def test_a_smaller_face_is_looked_at_by_itself(face):
    eyes = [(337, 321), (331, 321), (318, 321), (323, 321)]
    small = Face(Box(315, 315, 345, 345), (*eyes, (327, 331)))
    mask = changed(400, 400, (0, 0, 400, 400))

    found = places("face", [small, face], mask, PPD)

    large_scale, small_scale = (face_place(f, PPD).scale for f in (face, small))
    around = face_place(small, PPD).box(400, 400)
    assert small_scale > 2 * large_scale
    for place in found:
        if place.scale == small_scale:
            box = place.box(400, 400)
            assert box.x1 > around.x0
            assert box.y1 > around.y0
