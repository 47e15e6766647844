import numpy as np
import pytest
import torch

from sublimen.jnd import ChouLi
from sublimen.jnd.chou_li import texture_masking
from tests.jnd import oracles
from tests.jnd.planes import as_images, in_levels

PADDINGS = ["reflect", "zeros"]


@pytest.mark.parametrize("padding", PADDINGS)
def test_the_map_is_that_of_a_second_implementation(camera, padding):
    found = in_levels(ChouLi(padding=padding)(as_images(camera)))

    assert np.abs(found - oracles.chou_li(camera, padding)).max() < 1e-10


@pytest.mark.parametrize("padding", PADDINGS)
def test_the_map_is_that_of_a_loop_over_pixels(camera, padding):
    crop = camera[30:60, 70:110]

    found = in_levels(ChouLi(padding=padding)(as_images(crop)))

    assert np.abs(found - oracles.chou_li_loop(crop, padding)).max() < 1e-10


@pytest.mark.parametrize(("level", "threshold"), [(0, 20), (127, 3), (191, 4.5), (255, 6)])
def test_a_flat_field_has_the_threshold_of_its_luminance(level, threshold):
    flat = torch.full((1, 1, 16, 16), level / 255, dtype=torch.float64)

    assert in_levels(ChouLi()(flat)) == pytest.approx(threshold, abs=1e-9)


def test_texture_masks_by_slope_and_luminance():
    mean, slope = (torch.full((1, 1, 1, 1), value, dtype=torch.float64) for value in (100.0, 40.0))

    # Slope 40 times (0.01 + 0.115), and 0.5 less 1.
    assert texture_masking(mean, slope).item() == pytest.approx(4.5)


def test_a_step_masks_as_the_kernels_say():
    picture = np.full((16, 16), 40.0)
    picture[:, 8:] = 200.0

    found = in_levels(ChouLi()(as_images(picture)))

    # On the last dark column: the slope is 160 (1 + 3 + 8 + 3 + 1) / 16 = 160, and the mean is
    # 40 + 160 (8 + 5) / 32 = 105.
    assert found[8, 7] == pytest.approx(160 * (0.0001 * 105 + 0.115) + 0.5 - 1.05)
    # Three columns away nothing of the step is seen.
    assert found[8, 4] == pytest.approx(20 - 17 * (40 / 127) ** 0.5)


def test_zeros_beyond_the_rim_darken_it():
    grey = torch.full((1, 1, 16, 16), 127 / 255, dtype=torch.float64)

    corner = in_levels(ChouLi(padding="zeros")(grey))[0, 0]

    # Of B's weights 0 2 1, 2 2 1 and 1 1 1 lie inside.
    mean = 127 * 11 / 32
    slope = 127 * 16 / 16
    texture = slope * (0.0001 * mean + 0.115) + 0.5 - 0.01 * mean
    assert corner == pytest.approx(max(texture, 20 - 17 * (mean / 127) ** 0.5))


@pytest.mark.parametrize("name", ["camera256", "coffee_y"])
def test_stages_and_map_are_those_of_the_reference(reference, name):
    inputs = np.load(reference / "jnd" / "inputs_gray.npz")
    expected = np.load(reference / "jnd" / "paper_variants_numpy.npz")

    found = in_levels(ChouLi(padding="zeros")(as_images(inputs[name])))

    assert np.abs(found - expected[f"{name}__chou1995"]).max() < 1e-5
