import numpy as np
import pytest
import torch
from scipy import ndimage

from sublimen.imaging.filters import even, extend, gaussian, odd, smooth

MODES = {"reflect": "mirror", "zeros": "constant"}


@pytest.fixture
def plane(generator):
    return torch.rand(1, 1, 17, 23, generator=generator, dtype=torch.float64)


def array(tensor):
    return tensor[0, 0].numpy()


def test_a_plane_is_mirrored_about_its_outermost_pixels_or_set_in_zeros():
    plane = torch.tensor([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])[None, None]

    assert extend(plane, 2, "reflect")[0, 0, 2].tolist() == [3, 2, 1, 2, 3, 2, 1]
    assert extend(plane, 2, "reflect")[0, 0, :, 2].tolist() == [7, 4, 1, 4, 7, 4, 1]
    assert extend(plane, 1, "zeros")[0, 0, 1].tolist() == [0, 1, 2, 3, 0]


@pytest.mark.parametrize("axis", [2, 3])
@pytest.mark.parametrize("weights", [(2.0, 1.0), (0.5, 0.25, -1.0), (8, 3, 1), (1, 1, 1, 1)])
def test_even_weights_are_a_correlation_without_the_rim(plane, axis, weights):
    kernel, reach = [*weights[:0:-1], *weights], len(weights) - 1
    before = plane.clone()

    found = even(plane, axis, weights)

    expected = ndimage.correlate1d(array(plane), kernel, axis=axis - 2)
    inner = np.take(expected, range(reach, expected.shape[axis - 2] - reach), axis=axis - 2)
    assert np.allclose(array(found), inner, atol=1e-12)
    assert torch.equal(plane, before)


@pytest.mark.parametrize("axis", [2, 3])
@pytest.mark.parametrize("weights", [(1,), (3, 1), (0.5, -0.25, 2.0)])
def test_odd_weights_are_a_correlation_without_the_rim(plane, axis, weights):
    kernel, reach = [*(-w for w in weights[::-1]), 0, *weights], len(weights)
    before = plane.clone()

    found = odd(plane, axis, weights)

    expected = ndimage.correlate1d(array(plane), kernel, axis=axis - 2)
    inner = np.take(expected, range(reach, expected.shape[axis - 2] - reach), axis=axis - 2)
    assert np.allclose(array(found), inner, atol=1e-12)
    assert torch.equal(plane, before)


def test_a_rising_plane_has_a_positive_difference_and_a_flat_one_none():
    rising = torch.arange(7.0).expand(1, 1, 7, 7)

    assert odd(rising, 3, (1,)).unique().tolist() == [2]
    assert odd(rising, 2, (1,)).unique().tolist() == [0]
    assert odd(torch.full((1, 1, 9, 9), 0.1), 2, (0.3, 0.1, 0.7)).abs().max() == 0


def test_a_gaussian_is_that_of_its_formula():
    centre, near, far = gaussian(5, 0.8)

    assert near / centre == pytest.approx(np.exp(-1 / 1.28))
    assert far / centre == pytest.approx(np.exp(-4 / 1.28))
    assert centre + 2 * near + 2 * far == pytest.approx(1)


@pytest.mark.parametrize("padding", MODES)
@pytest.mark.parametrize(("side", "sigma"), [(3, 1.0), (5, 0.8), (7, 0.8)])
def test_smoothing_is_a_correlation_with_a_square_gaussian(plane, side, sigma, padding):
    line = np.exp(-((np.arange(side) - side // 2) ** 2) / (2 * sigma**2))
    kernel = np.outer(line, line) / line.sum() ** 2

    expected = ndimage.correlate(array(plane), kernel, mode=MODES[padding])

    assert np.allclose(array(smooth(plane, side, sigma, padding)), expected, atol=1e-12)


def test_a_flat_plane_stays_what_it_is_but_for_zeros_beyond_the_rim():
    flat = torch.full((1, 1, 9, 9), 5.0, dtype=torch.float64)

    assert array(smooth(flat, 5, 0.8, "reflect")) == pytest.approx(5)
    zeros = array(smooth(flat, 5, 0.8, "zeros"))
    assert zeros[2:-2, 2:-2] == pytest.approx(5)
    assert zeros[0, 0] < zeros[0, 4] < 5


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_part_of_a_plane_gives_the_very_bits_of_the_whole(generator, dtype):
    plane = torch.rand(1, 1, 40, 37, generator=generator, dtype=dtype)

    whole = smooth(plane, 7, 0.8, "reflect")

    inner = smooth(plane[:, :, 5:30], 7, 0.8, "reflect")[:, :, 3:-3]
    assert torch.equal(inner, whole[:, :, 8:27])


def test_images_of_a_batch_do_not_mix(generator):
    planes = torch.rand(3, 1, 9, 9, generator=generator)

    together = smooth(planes, 3, 1.0, "reflect")

    assert torch.equal(together, torch.cat([smooth(p[None], 3, 1.0, "reflect") for p in planes]))
