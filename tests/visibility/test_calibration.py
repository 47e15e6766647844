import pytest
import torch

from sublimen.errors import UnknownNameError
from sublimen.visibility import METERS
from sublimen.visibility.calibration import NODES, WIDEST, Curve, calibration


@pytest.fixture
def curve():
    return Curve(
        meter="made",
        perfect=10.0,
        scores=(9.5, 9.0, 8.0, 6.0),
        band=0.2,
        steers=True,
        source="made up",
    )


def jnd(curve, *scores):
    return curve.jnd(torch.tensor(scores, dtype=torch.float64)).tolist()


def test_the_nodes_are_met_and_equal_images_have_none(curve):
    assert jnd(curve, 10.0, *curve.scores) == pytest.approx([0, *NODES])


def test_between_nodes_below_the_first_and_beyond_the_last_it_is_straight(curve):
    assert jnd(curve, 9.75, 8.5, 5.0, 0.0) == pytest.approx([0.125, 0.75, 2.5, 5.0])


def test_a_score_on_the_other_side_of_perfect_counts_as_much(curve):
    assert jnd(curve, 10.5) == jnd(curve, 9.5)


def test_its_slope_is_that_of_the_piece_and_finite_everywhere(curve):
    scores = torch.tensor([10.0, 9.75, 8.5, 7.0, 1.0], requires_grad=True)

    (slopes,) = torch.autograd.grad(curve.jnd(scores).sum(), scores)

    assert slopes[1:].tolist() == pytest.approx([-0.5, -0.5, -0.5, -0.5])
    assert slopes.isfinite().all()


def test_the_interval_is_a_share_of_the_reading(curve):
    assert curve.interval(2.0) == pytest.approx((1.6, 2.4))


def test_the_table_has_every_meter_and_only_narrow_bands_steer():
    table = calibration()

    assert set(table.curves) == set(METERS)
    for name, meter in METERS.items():
        curve = table.curve(name)
        assert curve.perfect == meter.perfect
        assert curve.steers == (meter.role == "optimised" and curve.band <= WIDEST)
        assert bool(curve.reason) != curve.steers
        errors = [abs(curve.perfect - score) for score in curve.scores]
        assert errors == sorted(errors)
        assert errors[0] > 0


def test_the_human_anchors_are_those_of_the_study():
    assert calibration().curve("cvvdp").scores == (9.892, 9.815, 9.686, 9.358)
    assert calibration().curve("ssimulacra2").scores == (86.5, 83.8, 78.9, 66.3)
    assert calibration().curve("iw-ssim").scores == (0.9982, 0.9971, 0.9949, 0.988)


def test_a_meter_without_a_curve_is_refused():
    with pytest.raises(UnknownNameError, match="no calibrated meter 'cvdp'; did you mean cvvdp"):
        calibration().curve("cvdp")
