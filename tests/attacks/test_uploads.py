"""Uploads as a view: how often, what another detector makes of a picture, and slopes."""

import math

import pytest
import torch

from sublimen.attacks.transformations import Brightness, Mirrored, Transformation
from sublimen.attacks.uploads import Misaligned, Sometimes, Upload, ways
from sublimen.attacks.view import Draw
from sublimen.errors import SettingError


def draw(images, seed=0):
    generators = tuple(torch.Generator().manual_seed(1000 * seed + k) for k in range(len(images)))
    return Draw(generators, images)


def pictures(count=1, side=32):
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(5))


def test_sometimes_is_as_often_as_it_says_and_leaves_the_others_to_the_bit():
    images = pictures(200, side=4)

    seen = Sometimes(view=Mirrored(probability=1.0), probability=0.3).see(images, draw(images))

    same = (seen == images).flatten(1).all(dim=1)
    assert 0.6 < same.float().mean() < 0.8
    assert torch.equal(seen[~same], images[~same].flip(3))


def test_another_alignment_moves_a_ramp_by_no_more_than_its_shift():
    ramp = torch.linspace(0, 1, 33)[:-1].expand(50, 3, 32, 32).contiguous()

    seen = Misaligned(turn=0.0, scale=1e-9, shift=0.05).see(ramp, draw(ramp))

    moved = (seen - ramp)[:, 0, 16, 16] * 32
    assert moved.abs().max() <= 0.05 * 32 + 1e-3
    assert moved.std() > 0.3


def test_a_turn_is_a_turn_about_the_middle_and_keeps_squares_square():
    rows = torch.arange(40.0)[:, None] / 100
    columns = torch.arange(20.0)[None] / 100
    planes = [rows.expand(40, 20), columns.expand(40, 20), torch.zeros(40, 20)]
    picture = torch.stack(planes)[None]
    view = Misaligned(turn=0.2, scale=1e-9, shift=0.0)

    seen = view.see(picture, draw(picture, seed=3))

    inside = seen[0, :, 10:30, 7:13]
    down = (inside[:, 1:] - inside[:, :-1])[:2].flatten(1).mean(dim=1) * 100
    across = (inside[:, :, 1:] - inside[:, :, :-1])[:2].flatten(1).mean(dim=1) * 100
    angle = math.atan2(down[1], down[0])
    assert 0.005 < abs(angle) <= 0.2
    assert torch.allclose(down, torch.tensor([math.cos(angle), math.sin(angle)]), atol=1e-3)
    assert torch.allclose(across, torch.tensor([-math.sin(angle), math.cos(angle)]), atol=1e-3)


def test_an_upload_differs_from_draw_to_draw_and_has_a_slope():
    images = pictures(side=16).requires_grad_()

    seen = [Upload().see(images, draw(images, seed)) for seed in range(40)]

    different = {round(picture.sum().item(), 3) for picture in seen}
    slopes = torch.autograd.grad(sum(picture.square().sum() for picture in seen), images)[0]
    assert len(different) > 20
    assert any(torch.equal(picture, images) for picture in seen)
    assert slopes.isfinite().all()
    assert (slopes != 0).float().mean() > 0.9


def test_a_plain_share_of_nothing_always_uploads():
    images = pictures(30, side=16) * 0.5 + 0.2
    view = Upload(ways=(Brightness(limit=0.5),), plain=0.0, misaligned=Mirrored(probability=1e-9))

    seen = view.see(images, draw(images))

    assert not (seen == images).flatten(1).all(dim=1).any()


def test_the_picture_is_uploaded_before_a_detector_finds_it():
    seen = []

    class Note(Transformation):
        """Notes its name, and what it is shown."""

        def __init__(self, name):
            object.__setattr__(self, "name", name)

        def see(self, images, draw):
            del draw
            seen.append(self.name)
            return images

    view = Upload(ways=(Note("upload"),), plain=0.0, misaligned=Note("detector"))
    orders = set()
    for seed in range(20):
        seen.clear()
        view.see(pictures(), draw(pictures(), seed))
        orders.add(tuple(seen))

    assert orders == {("upload",), ("upload", "detector")}


def test_most_ways_encode_and_half_of_them_make_it_smaller():
    names = [type(view).__name__ for view in ways()]

    assert names == ["Jpeg", "Jpeg", "Downscaling", "Downscaling"]
    assert [view.small is None for view in ways()[2:]] == [False, True]


def test_settings_out_of_range_are_refused():
    with pytest.raises(SettingError, match="probability must be in"):
        Sometimes(view=Mirrored(), probability=0.0)
    with pytest.raises(SettingError, match="turn must be at least 0"):
        Misaligned(turn=-0.1)
    with pytest.raises(SettingError, match="uploaded must be in"):
        Upload(plain=1.0)
