import pytest
import torch
from oracles import lattice

from sublimen.attacks.translation import TranslationInvariance
from sublimen.errors import SettingError


def test_a_single_slope_is_spread_as_a_gaussian():
    slopes = torch.zeros(1, 1, 9, 9)
    slopes[0, 0, 4, 4] = 1.0

    smooth = TranslationInvariance(radius=2, sigma=1.0).smooth(slopes)[0, 0]

    assert smooth.sum().item() == pytest.approx(1.0)
    assert (smooth[4, 5] / smooth[4, 4]).item() == pytest.approx(2.718281828**-0.5, rel=1e-4)
    assert smooth[4, 7].item() == 0


def test_a_radius_of_zero_changes_nothing():
    slopes = lattice(2, 3, 5, 5)

    assert torch.equal(TranslationInvariance(radius=0).smooth(slopes), slopes)


@pytest.mark.parametrize("settings", [{"radius": -1}, {"sigma": 0.0}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} must be"):
        TranslationInvariance(**settings)
