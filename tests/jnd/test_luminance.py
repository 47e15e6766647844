import numpy as np
import pytest
import torch

from sublimen.jnd.luminance import background, luminance_adaptation, strongest_gradient
from tests.jnd import oracles
from tests.jnd.planes import as_images, in_levels

PADDINGS = ["reflect", "zeros"]


def field(values):
    return torch.tensor(values, dtype=torch.float64).view(1, 1, 1, -1)


@pytest.mark.parametrize(
    ("mean", "threshold"), [(0, 20), (31.75, 11.5), (127, 3), (191, 4.5), (255, 6)]
)
def test_the_curve_has_its_published_values(mean, threshold):
    assert luminance_adaptation(field([mean])).item() == pytest.approx(threshold, abs=1e-12)


def test_the_curve_has_two_branches_that_meet_at_127():
    means = np.linspace(0, 255, 1021)

    found = luminance_adaptation(field(means)).flatten().numpy()

    dark, bright = 17 * (1 - np.sqrt(means / 127)) + 3, 3 / 128 * (means - 127) + 3
    assert np.allclose(found, np.where(means <= 127, dark, bright), atol=1e-12)
    assert means[found.argmin()] == 127


def test_the_curve_takes_a_rounding_error_below_black():
    assert luminance_adaptation(field([-1e-9])).item() == 20


@pytest.mark.parametrize("padding", PADDINGS)
def test_the_background_is_a_correlation_with_its_kernel(camera, padding):
    found = background(as_images(camera) * 255, padding).squeeze().numpy()

    assert np.abs(found - oracles.background(camera, padding)).max() < 1e-10


def test_the_background_of_a_single_bright_pixel_is_the_kernel():
    dot = torch.zeros(1, 1, 9, 9, dtype=torch.float64)
    dot[..., 4, 4] = 32

    mean = background(dot, "zeros")[0, 0]

    assert mean[2:7, 2:7].tolist() == oracles.BACKGROUND.tolist()
    assert mean.sum() == 32


@pytest.mark.parametrize("padding", PADDINGS)
def test_the_slope_is_the_largest_of_four_correlations(camera, padding):
    found = strongest_gradient(as_images(camera) * 255, padding).squeeze().numpy()

    assert np.abs(found - oracles.strongest_slope(camera, padding)).max() < 1e-10


@pytest.mark.parametrize(
    ("down", "across", "slope"),
    [(2, 0, 64 / 16), (0, 3, 96 / 16), (1, 1, 52 / 16), (1, -1, 52 / 16), (2, -1, 78 / 16)],
)
def test_a_ramp_has_the_slope_that_the_kernels_give_by_hand(down, across, slope):
    # Per level and row G1 gives (1 + 3 + 8 + 3 + 1) 2 = 32; G2 gives 4 + 3 * 2 + 8 * 2 = 26 per
    # level along either axis, G3 the same where the axes have opposite signs.
    rows, columns = torch.meshgrid(*[torch.arange(9.0, dtype=torch.float64)] * 2, indexing="ij")
    ramp = (down * rows + across * columns)[None, None]

    found = strongest_gradient(ramp, "reflect")[0, 0, 4, 4].item()

    assert found == pytest.approx(slope)


def test_a_flat_plane_has_no_slope():
    for level in (0.0, 0.1, 77.7, 255.0):
        flat = torch.full((1, 1, 16, 16), level)

        assert strongest_gradient(flat, "reflect").max() == 0


@pytest.mark.parametrize("name", ["camera256", "coffee_y"])
def test_background_and_slope_are_those_of_the_reference(reference, name):
    levels = as_images(np.load(reference / "jnd" / "inputs_gray.npz")[name]) * 255
    expected = np.load(reference / "jnd" / "paper_variants_numpy.npz")

    mean, slope = background(levels, "zeros"), strongest_gradient(levels, "zeros")

    assert np.abs(mean.squeeze().numpy() - expected[f"{name}__bg"]).max() < 1e-5
    assert np.abs(slope.squeeze().numpy() - expected[f"{name}__mg"]).max() < 1e-5
    assert in_levels(luminance_adaptation(mean) / 255) == pytest.approx(
        expected[f"{name}__f2"], abs=1e-5
    )
