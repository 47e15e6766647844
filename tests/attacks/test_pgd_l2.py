import pytest
import torch
from oracles import TwoSidedPlane, lattice

from sublimen.attacks import PgdL2, Recognition, Untargeted
from sublimen.attacks.pgd_l2 import largest_rounded, within
from sublimen.errors import SettingError
from sublimen.imaging.levels import to_levels


def test_on_a_plane_it_goes_against_the_normal_as_far_as_the_ball(generator):
    images = to_levels(lattice(2, 3, 8, 8).clamp(0.3, 0.7))
    plane = TwoSidedPlane(torch.randn(3, 8, 8, generator=generator), offset=-9.0)

    outcome = PgdL2(epsilon=0.6, steps=20)(
        Recognition(plane, Untargeted(torch.tensor([0, 0]))), images
    )

    change = (outcome.images - images).flatten(1)
    length = change.norm(dim=1)
    cosine = -(change * plane.weights.flatten()).sum(dim=1) / length / plane.weights.norm()
    assert not outcome.reached.any()
    assert (length <= 0.6 + 1e-6).all()
    assert (length > 0.55).all()
    assert (cosine > 0.97).all()


@pytest.mark.parametrize("random_start", [False, True])
def test_what_is_published_is_in_the_ball_although_it_is_rounded(random_start):
    images = lattice(3, 3, 12, 12)
    plane = TwoSidedPlane(torch.randn(3, 12, 12, generator=torch.Generator().manual_seed(2)))
    plane.offset = plane.side(images) - 9.0

    for epsilon in (0.1, 0.3, 1.0):
        outcome = PgdL2(epsilon=epsilon, steps=3, random_start=random_start)(
            Recognition(plane, Untargeted(torch.zeros(3, dtype=torch.int64))), images
        )
        assert (outcome.distance <= epsilon + 1e-6).all()
        assert (outcome.distance > 0).all()


def test_the_largest_rounded_part_of_a_change_is_not_longer_and_hardly_shorter(generator):
    images = torch.full((4, 1, 6, 6), 0.4).mul(255).round() / 255
    change = torch.randn(4, 1, 6, 6, generator=generator) / 50

    found = largest_rounded(change, images, 0.08)

    lengths = (found - images).flatten(1).norm(dim=1)
    assert torch.equal(to_levels(found), found)
    assert (lengths <= 0.08).all()
    assert (lengths > 0.07).all()


def test_a_change_has_the_room_that_black_and_white_leave():
    images = torch.tensor([0.1, 0.9]).view(1, 1, 1, 2)

    kept = within(torch.tensor([-0.3, 0.05]).view(1, 1, 1, 2), images)

    assert kept.flatten().tolist() == pytest.approx([-0.1, 0.05])


@pytest.mark.parametrize(
    "settings", [{"epsilon": 0.0}, {"epsilon": 1e-4}, {"steps": 0}, {"step_size": 2.0}]
)
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} must be"):
        PgdL2(**settings)
