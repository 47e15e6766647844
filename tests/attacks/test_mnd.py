import pytest
import torch
from oracles import TwoSidedPlane, lattice

from sublimen.attacks import Mnd, Recognition, Untargeted
from sublimen.attacks.mnd import dissimilarity
from sublimen.errors import SettingError


def test_an_unchanged_image_costs_nothing():
    images = lattice(2, 3, 12, 12)

    assert Mnd().penalty(images, images).tolist() == pytest.approx([0.0, 0.0], abs=1e-3)
    assert dissimilarity(images, images).tolist() == pytest.approx([0.0, 0.0], abs=1e-5)


def test_a_lift_of_all_samples_has_a_magnitude_but_no_slopes():
    images = torch.full((1, 1, 12, 12), 0.5)
    lifted = images + 0.1

    assert Mnd(structure=0, slopes=1).penalty(lifted, images).item() == pytest.approx(30 * 0.1)
    assert Mnd(structure=0, slopes=99).penalty(lifted, images).item() == pytest.approx(30 * 0.1)


def test_each_term_has_its_weight():
    images = lattice(1, 1, 12, 12)
    changed = (images + 0.1 * images.flip(3)).clamp(0, 1)
    none = {"magnitude": 0.0, "structure": 0.0, "slopes": 0.0}

    parts = [Mnd(**{**none, name: 1.0}).penalty(changed, images) for name in none]
    whole = Mnd(magnitude=2.0, structure=3.0, slopes=5.0).penalty(changed, images)

    assert all(part.item() > 0 for part in parts)
    torch.testing.assert_close(whole, 2 * parts[0] + 3 * parts[1] + 5 * parts[2])


def test_what_costs_holds_it_back():
    images = lattice(1, 1, 12, 12).clamp(0.2, 0.8).mul(255).round() / 255
    weights = torch.randn(1, 12, 12, generator=torch.Generator().manual_seed(3))
    plane = TwoSidedPlane(weights)
    plane.offset = plane.side(images) - 0.2
    problem = Recognition(plane, Untargeted(torch.tensor([0])))

    free = Mnd(magnitude=0, structure=0, slopes=0)(problem, images)
    held = Mnd(magnitude=3.0, structure=1.0, slopes=3.0)(problem, images)

    assert free.reached.all()
    assert Mnd().penalty(held.images, images) <= Mnd().penalty(free.images, images) * 1.01


@pytest.mark.parametrize("settings", [{"steps": 0}, {"step_size": 0.0}, {"structure": -1.0}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} must be"):
        Mnd(**settings)
