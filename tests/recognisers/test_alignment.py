import math

import numpy as np
import pytest
import torch
from PIL import Image

from sublimen.imaging.levels import from_bytes
from sublimen.recognisers.alignment import PADDING, PLACES, SIDE, Alignment, chip, halve
from sublimen.recognisers.detection import detect
from sublimen.recognisers.face import Box, Face


def face_at(x, y, scale, angle):
    """A face whose landmarks are exactly where the alignment wants them."""
    places = ((PADDING + PLACES) / (1 + 2 * PADDING) - 0.5) * SIDE * scale
    cosine, sine = math.cos(angle), math.sin(angle)
    points = [(x + cosine * u - sine * v, y + sine * u + cosine * v) for u, v in places]
    return Face(Box(0, 0, 1, 1), tuple(points))


@pytest.mark.parametrize("angle", [0, 0.5, math.pi / 2, -2.8])
@pytest.mark.parametrize("scale", [0.3, 1, 4.2])
def test_the_similarity_behind_the_landmarks_is_found(angle, scale):
    found = Alignment.of(face_at(120.5, 99.25, scale, angle))

    assert (found.x, found.y) == pytest.approx((120.5, 99.25))
    assert found.scale == pytest.approx(scale)
    assert found.angle == pytest.approx(angle)
    assert found.face_width == pytest.approx(100 * scale)


@pytest.fixture(scope="module")
def faces(request):
    """The portrait at several sizes with its faces, for pyramids of depth 0 to 2."""
    pytest.importorskip("face_recognition_models", reason="the extra photo brings landmarks")
    astronaut = request.getfixturevalue("astronaut")
    sizes = (512, 1280, 2560)
    photos = [
        np.array(Image.fromarray(astronaut).resize((s, s), Image.Resampling.BICUBIC)) for s in sizes
    ]
    return [(levels, face) for levels in photos for face in detect(levels)]


def dlib_shape(face):
    import dlib

    points = dlib.points([dlib.point(int(x), int(y)) for x, y in face.landmarks])
    return dlib.full_object_detection(dlib.rectangle(*face.box), points)


@pytest.mark.weights
def test_the_square_is_dlibs(faces):
    import dlib

    for _, face in faces:
        ours, theirs = Alignment.of(face), dlib.get_face_chip_details(dlib_shape(face), 150, 0.25)
        square = theirs.rect
        centre = (square.left() + square.right()) / 2, (square.top() + square.bottom()) / 2
        assert (ours.x, ours.y) == pytest.approx(centre, abs=1e-6)
        assert ours.angle == pytest.approx(theirs.angle)
        assert SIDE * ours.scale == pytest.approx(theirs.rect.width())


@pytest.mark.weights
def test_the_chip_is_dlibs_but_for_its_rounding_down(faces):
    import dlib

    depths = set()
    for levels, face in faces:
        alignment = Alignment.of(face)
        depths.add(alignment.depth)

        ours = chip(from_bytes(levels), alignment)[0].permute(1, 2, 0).numpy() * 255

        lost = ours - dlib.get_face_chip(levels, dlib_shape(face), 150, 0.25)
        # Dlib drops the fraction once a pyramid level and once in the chip.
        assert lost.min() > -0.01
        assert lost.mean() == pytest.approx(0.5 * (1 + alignment.depth), abs=0.12)
        assert np.percentile(lost, 99.9) < 1 + alignment.depth
    assert depths == {0, 1, 2}


@pytest.mark.weights
def test_a_part_of_the_photo_gives_the_chip_of_the_whole(faces):
    for levels, face in faces:
        alignment = Alignment.of(face)
        window = alignment.window
        left, top = max(window.x0, 0), max(window.y0, 0)
        part = levels[top : window.y1, left : window.x1]

        whole = chip(from_bytes(levels), alignment)

        torch.testing.assert_close(chip(from_bytes(part), alignment, origin=(left, top)), whole)


def test_upright_at_full_size_a_chip_is_a_cut():
    photo = torch.rand(1, 3, 200, 220, generator=torch.Generator().manual_seed(0))
    # 149 steps over a side of 150 * scale - 1 pixels are one pixel each for a scale of 1.
    alignment = Alignment(74.5 + 30, 74.5 + 20, 1.0, 0.0)

    cut = chip(photo, alignment)

    torch.testing.assert_close(cut, photo[..., 20:170, 30:180], rtol=0, atol=1e-4)


def test_outside_the_photo_lies_black():
    white = torch.ones(1, 1, 100, 100)

    pixels = chip(white, Alignment(0.0, 50.0, 0.5, 0.0))

    assert pixels.shape == (1, 3, 150, 150)
    assert pixels[..., :70].max() == 0
    assert pixels[..., 80:].min() == pytest.approx(1)


def test_a_turned_face_is_turned_back():
    photo = torch.zeros(1, 1, 160, 160)
    photo[..., 40:80, 100:110] = 1
    turned = photo.rot90(1, (2, 3))

    upright = chip(photo, Alignment(79.5, 79.5, 0.8, 0.0))
    back = chip(turned, Alignment(79.5, 79.5, 0.8, -math.pi / 2))

    torch.testing.assert_close(upright, back, rtol=0, atol=1e-4)


def test_a_chip_is_linear_in_the_photo():
    generator = torch.Generator().manual_seed(1)
    one = torch.rand(1, 3, 150, 160, generator=generator)
    other = torch.rand(1, 3, 150, 160, generator=generator)
    alignment = Alignment(70.0, 71.0, 0.7, 0.3)

    mixed = chip(0.3 * one + 0.7 * other, alignment)

    torch.testing.assert_close(mixed, 0.3 * chip(one, alignment) + 0.7 * chip(other, alignment))


def test_halving_keeps_flat_fields_and_counts_as_dlib():
    assert halve(torch.full((1, 1, 11, 14), 0.5)).tolist() == torch.full((1, 1, 4, 5), 0.5).tolist()
    line = torch.zeros(1, 1, 7, 7)
    line[0, 0, 2, 2] = 1

    halved = halve(line)[0, 0]

    assert halved[0].tolist() == pytest.approx([(6 / 16) ** 2, 6 / 256])


@pytest.mark.parametrize(("scale", "depth"), [(0.5, 0), (1.99, 0), (2.02, 1), (4.1, 2), (9.0, 3)])
def test_the_photo_is_halved_while_the_square_stays_larger_than_the_chip(scale, depth):
    assert Alignment(0.0, 0.0, scale, 0.0).depth == depth


def test_an_alignment_can_be_used_for_gradients():
    photo = torch.rand(1, 1, 700, 700, generator=torch.Generator().manual_seed(5)).requires_grad_()

    (gradient,) = torch.autograd.grad(chip(photo, Alignment(350.0, 350.0, 4.2, 0.1)).sum(), photo)

    assert gradient.isfinite().all()
    assert gradient[..., 300:400, 300:400].min() > 0
    assert gradient[..., :5, :5].abs().max() == 0
