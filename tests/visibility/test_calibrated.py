import pytest
import torch

from sublimen.errors import ImageError, SettingError
from sublimen.imaging.levels import from_bytes
from sublimen.jnd import ChouLi, Klt, Wu2017, in_tiles
from sublimen.visibility import METERS, calibrated
from sublimen.visibility.calibrated import Calibrated, Noise, factor, reading
from sublimen.visibility.comparison import Comparison


@pytest.fixture(scope="module")
def images(astronaut):
    """Two parts of the portrait, textured and dark."""
    parts = (astronaut[300:428, 100:228], astronaut[:128, 250:378])
    return torch.cat([from_bytes(part) for part in parts])


@pytest.fixture(scope="module")
def scaled(images):
    return Calibrated(ChouLi(), 1.0)(images)


def test_noise_of_the_map_measures_what_was_asked_for(images, scaled):
    for image, jnd in zip(images.split(1), scaled.split(1), strict=True):
        assert reading(image, jnd) == pytest.approx(1, rel=0.03)


def test_the_map_keeps_its_shape_and_each_image_has_its_own_factor(images, scaled):
    ratios = (scaled / ChouLi()(images)).flatten(1)

    assert torch.allclose(ratios, ratios[:, :1].expand_as(ratios), rtol=1e-4)
    assert ratios[0, 0] != pytest.approx(ratios[1, 0].item(), rel=0.02)
    assert ratios[:, 0].tolist() == pytest.approx(Calibrated(ChouLi()).factors(images).tolist())


def test_company_changes_nothing(images, scaled):
    assert torch.equal(Calibrated(ChouLi())(images[1:]), scaled[1:])


def test_more_jnd_ask_for_more_noise(images):
    one, two = (Calibrated(ChouLi(), jnd)(images[:1]).mean() for jnd in (0.5, 2.0))

    assert 1.5 * one < two


@pytest.mark.parametrize("scale", [0.001, 1.0, 20.0])
def test_the_factor_does_not_depend_on_where_it_starts(images, scale):
    jnd = scale * Wu2017()(images[:1])

    found = factor(images[:1], jnd)

    assert reading(images[:1], found * jnd) == pytest.approx(1, rel=0.03)


def test_a_map_of_nothing_stays_nothing():
    flat = torch.full((1, 3, 64, 64), 0.5)

    assert Calibrated(Klt())(flat).max() == 0


def test_reading_nothing_is_nothing(images):
    assert reading(images[:1], torch.zeros_like(images[:1])) == 0


def test_grey_and_colour_pictures_are_read(images):
    grey = images[:1].mean(dim=1, keepdim=True)

    own, copied = (
        reading(g, torch.full_like(g, 4 / 255)) for g in (grey, grey.expand(1, 3, -1, -1))
    )

    assert own == pytest.approx(copied, rel=1e-3)
    assert own > 0.2


def test_given_edges_reach_the_model(images):
    edges = torch.ones(1, 1, 128, 128, dtype=torch.bool)
    model = Calibrated(Wu2017())

    assert not torch.equal(model(images[:1], edges=edges), model(images[:1]))
    assert torch.equal(model.edges(images), Wu2017().edges(images))


def test_a_large_photo_is_given_as_a_whole(images, scaled):
    assert torch.equal(in_tiles(Calibrated(ChouLi()), images), scaled)


def test_gradients_are_those_of_the_model_times_the_factor(images):
    leaf = images[:1, :, :32, :32].clone().requires_grad_()
    model = Calibrated(ChouLi())

    (own,) = torch.autograd.grad(model(leaf).sum(), leaf)
    (plain,) = torch.autograd.grad(ChouLi()(leaf).sum(), leaf)

    assert torch.allclose(own, model.factors(leaf.detach()) * plain, rtol=1e-4, atol=1e-6)


@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize("jnd", [0, -1.0, float("inf"), float("nan")])
def test_a_goal_that_cannot_be_measured_is_refused(jnd):
    with pytest.raises(SettingError, match="jnd must be above 0"):
        Calibrated(ChouLi(), jnd)


def test_what_breaks_the_pixel_convention_is_refused():
    with pytest.raises(ImageError, match="got NaN"):
        Calibrated(ChouLi())(torch.full((1, 3, 32, 32), torch.nan))


@pytest.mark.parametrize(("says", "found"), [(0.1, 2**16), (10.0, 2**-16)])
def test_the_search_gives_up_where_no_factor_is_enough(images, monkeypatch, says, found):
    monkeypatch.setattr(calibrated.Noise, "reading", lambda *_: says)

    assert factor(images[:1], images[:1]) == found


def test_a_reading_is_that_of_the_whole_comparison(images):
    image, jnd = images[:1], Wu2017()(images[:1])
    noise = Noise(image, jnd)

    comparison = Comparison(image, noise.changed(0.4), meters=calibrated.METERS)

    assert noise.reading(0.4) == pytest.approx(comparison.reading("desk").jnd, rel=1e-4)
    assert noise.reading(1.0) == reading(image, jnd)


def test_the_meters_are_the_optimised_ones():
    optimised = {name for name, meter in METERS.items() if meter.role == "optimised"}

    assert {meter.name for meter in calibrated.METERS} == optimised
