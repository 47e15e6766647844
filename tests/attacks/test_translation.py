import math

import pytest
import torch
from oracles import Lowest, TwoSidedPlane, lattice

from sublimen.attacks import Fgsm, Linf, Recognition, Through
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


def test_beyond_the_rim_there_are_zeros():
    slopes = torch.ones(1, 1, 9, 9)

    smooth = TranslationInvariance(radius=3, sigma=2.0).smooth(slopes)[0, 0]

    assert smooth[4, 4].item() == pytest.approx(1.0)
    centre = 1 / (1 + 2 * sum(math.exp(-(k**2) / 8) for k in (1, 2, 3)))
    assert smooth[0, 4].item() == pytest.approx((1 + centre) / 2)


def test_company_does_not_matter_to_the_bit():
    slopes = lattice(5, 1, 11, 8) - 0.5
    view = TranslationInvariance(radius=3, sigma=1.0)

    assert torch.equal(view.smooth(slopes)[2:3], view.smooth(slopes[2:3]))


def test_an_attack_goes_by_the_slopes_around_a_sample():
    # One steep weight among slightly negative ones: around it their sign is overruled.
    weights = torch.full((1, 9, 9), -0.01)
    weights[0, 4, 4] = 5.0
    images = torch.full((1, 1, 9, 9), 0.5).mul(255).round() / 255
    problem = Recognition(TwoSidedPlane(weights), Lowest())
    view = TranslationInvariance(radius=1, sigma=1.0)

    outcome = Through(inner=Fgsm(budget=Linf(3 / 255)), views=(view,))(problem, images)

    change = ((outcome.images - images) * 255).round()[0, 0]
    expected = torch.full((9, 9), 3.0)
    expected[3:6, 3:6] = -3.0
    assert torch.equal(change, expected)
    assert outcome.gradients.tolist() == [1]


@pytest.mark.parametrize("settings", [{"radius": -1}, {"sigma": 0.0}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} must be"):
        TranslationInvariance(**settings)
