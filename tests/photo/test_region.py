import numpy as np
import pytest
import torch

from sublimen.imaging.levels import from_bytes
from sublimen.photo.region import BLOCK, inside, on_grid, region_of, resized_face, union
from sublimen.recognisers.alignment import SIDE, Alignment
from sublimen.recognisers.face import Box, Face
from sublimen.visibility.views import FACE_WINDOW
from tests.photo.tiny import FACE, Other, Tiny, photo


def test_a_box_is_cut_to_the_photo():
    assert inside(Box(-3, -4, 50, 60), np.zeros((20, 30, 3), np.uint8)) == (0, 0, 30, 20)


def test_a_union_holds_both():
    assert union(Box(1, 8, 4, 9), Box(2, 3, 7, 5)) == (1, 3, 7, 9)


def holds(outer, inner):
    return union(outer, inner) == outer


def test_the_region_holds_what_every_network_and_the_meters_see():
    large = np.zeros((900, 900, 3), np.uint8)
    face = Face(FACE.box, tuple((x + 300, y + 300) for x, y in FACE.landmarks))
    tiny, other = Tiny(), Other()

    region = region_of(face, [tiny, other], large)

    alignment = Alignment.of(face)
    side = FACE_WINDOW * SIDE * alignment.scale
    middle = alignment.x + 0.5, alignment.y + 0.5
    seen = Box(*(round(m - side / 2) for m in middle), *(round(m + side / 2) for m in middle))
    assert holds(region, tiny.window(face))
    assert holds(region, other.window(face))
    assert holds(region, seen)
    assert region_of(face, [tiny], large) != region
    alone = region_of(face, [], large)
    assert seen.width <= alone.width < seen.width + 2 * BLOCK
    assert [edge % BLOCK for edge in alone] == [0, 0, 0, 0]


def test_the_region_ends_where_the_photo_does():
    assert holds(Box(0, 0, 250, 240), region_of(FACE, [Tiny()], photo()))


def test_pixel_centres_move_by_halves_and_edges_do_not():
    face = Face(Box(10, 20, 30, 60), ((12.0, 22.0),) * 5, ((15.5, 27.5),) * 5)

    moved = on_grid(face, Box(10, 20, 30, 40), (40, 10))

    assert moved.box == (0, 0, 10, 80)
    assert moved.landmarks[0] == (0.75, 4.5)
    assert moved.points[4] == (2.5, 15.5)


def test_at_the_same_size_a_face_stays_to_the_bit():
    assert resized_face(FACE, (240, 250), (240, 250)) == FACE
    assert on_grid(Face(FACE.box, FACE.landmarks), Box(0, 0, 9, 9), (9, 9)).points is None


def test_a_tiny_face_keeps_a_pixel():
    assert on_grid(FACE, Box(0, 0, 1000, 1000), (2, 2)).box == (0, 0, 1, 1)


@pytest.mark.parametrize("size", [(120, 125), (480, 500)])
def test_the_chip_of_a_resized_photo_is_nearly_that_of_the_photo(size):
    tiny, levels = Tiny(), photo()
    images = from_bytes(levels)
    other = torch.nn.functional.interpolate(images, size, mode="bilinear", antialias=True)

    moved = resized_face(FACE, (240, 250), size)

    right = (tiny.cut(other, moved) - tiny.cut(images, FACE)).abs().mean().item()
    wrong = (tiny.cut(other, FACE) - tiny.cut(images, FACE)).abs().mean().item()
    assert right < 0.01
    assert 10 * right < wrong
