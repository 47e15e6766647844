"""What recognisers see of a mirrored photo, without moving the face."""

import pytest
import torch
from torch.nn.functional import interpolate

from sublimen.attacks.view import Draw
from sublimen.photo.reflected import Reflected
from sublimen.recognisers.face import Box, Face
from sublimen.recognisers.five_points import Placement

BOX = Box(20, 20, 70, 70)


def face(points):
    return Face(BOX, points)


def draw(images):
    return Draw(tuple(torch.Generator() for _ in images), images)


def seen(images, found):
    return Reflected(face=found).see(images, draw(images))


def smooth(height=90, width=110):
    coarse = torch.rand(1, 3, 8, 9, generator=torch.Generator().manual_seed(2))
    return interpolate(coarse, (height, width), mode="bicubic").clamp(0, 1)


def test_about_the_middle_of_the_picture_it_is_the_mirrored_picture():
    level = face(((75.5, 40.0), (65.5, 40.0), (33.5, 40.0), (43.5, 40.0), (54.5, 60.0)))
    images = torch.rand(2, 3, 90, 110, generator=torch.Generator().manual_seed(1))

    torch.testing.assert_close(seen(images, level), images.flip(3), atol=1e-4, rtol=0)


def test_eyes_change_places_and_the_line_between_them_stays():
    turned = face(((74.0, 52.0), (66.0, 48.0), (34.0, 32.0), (42.0, 36.0), (45.0, 62.0)))
    picture = torch.zeros(1, 1, 90, 110)
    picture[..., 50, 70] = 1
    middle = torch.zeros(1, 1, 90, 110)
    middle[..., 42, 54] = 1

    # The eyes' centres are (70, 50) and (38, 34), the middle is (54, 42).
    assert seen(picture, turned)[0, 0, 34, 38] == pytest.approx(1, abs=1e-3)
    assert seen(middle, turned)[0, 0, 42, 54] == pytest.approx(1, abs=1e-3)


def test_a_recogniser_sees_what_it_sees_of_the_mirrored_photo():
    # The base of the nose is on the line of the face: what is mirrored has the same template.
    points = ((124.0, 102.0), (116.0, 98.0), (84.0, 82.0), (92.0, 86.0), (94.0, 112.0))
    photo, width = smooth(220, 210), 210
    swapped = [points[place] for place in (2, 3, 0, 1, 4)]
    mirrored = face(tuple((width - 1 - x, y) for x, y in swapped))

    chip = Placement.arcface(face(points)).cut(seen(photo, face(points)))

    wanted = Placement.arcface(mirrored).cut(photo.flip(3))
    assert (chip - wanted).abs().max() < 0.03
    assert (chip - Placement.arcface(face(points)).cut(photo)).abs().max() > 0.3


def test_it_has_a_slope():
    found = face(((75.0, 40.0), (65.0, 41.0), (33.0, 40.0), (43.0, 41.0), (54.0, 60.0)))
    photo = smooth().requires_grad_()

    (slope,) = torch.autograd.grad(seen(photo, found)[..., 30:60, 30:80].sum(), photo)

    assert slope.isfinite().all()
    assert slope.sum() == pytest.approx(3 * 30 * 50, rel=1e-3)
