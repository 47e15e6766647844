import numpy as np
import pytest
import torch
from scipy.ndimage import correlate1d

from sublimen.imaging.separable import correlate

MODES = {"zeros": "constant", "edge": "nearest", "reflect": "mirror"}


@pytest.mark.parametrize("border", MODES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("batch", "channels"), [(1, 1), (2, 3)])
def test_it_is_two_correlations_of_scipy(generator, border, dtype, batch, channels):
    planes = torch.rand(batch, channels, 13, 17, generator=generator, dtype=dtype)
    down, across = [0.1, 0.5, 0.2, -0.3, 0.05], [0.7, -0.2, 0.4]

    found = correlate(planes, down, across, border=border)

    expected = correlate1d(planes.numpy(), down, axis=2, mode=MODES[border])
    expected = correlate1d(expected, across, axis=3, mode=MODES[border])
    torch.testing.assert_close(found, torch.from_numpy(expected), atol=1e-6, rtol=0)


def test_without_a_border_only_places_where_the_kernel_fits_remain():
    planes = torch.arange(30.0).view(1, 1, 5, 6)

    found = correlate(planes, [0, 0, 1], [1, 0, 0])

    assert torch.equal(found, planes[..., 2:, :4])


def test_the_gradient_is_the_correlation_with_the_kernel_turned_round(generator):
    planes = torch.rand(1, 2, 6, 6, generator=generator, dtype=torch.float64, requires_grad=True)

    assert torch.autograd.gradcheck(lambda p: correlate(p, [1, 2, 3], [0.5, 0, -1]), planes)


def test_what_came_in_stays_as_it_is(generator):
    planes = torch.rand(2, 2, 9, 9, generator=generator)
    before = planes.clone()

    correlate(planes, np.ones(3).tolist(), border="edge")

    assert torch.equal(planes, before)
