import pytest
import torch

from sublimen.imaging.recursive_gaussian import recursive, response, smooth


@pytest.mark.parametrize(("sigma", "reach"), [(1.5, 5), (2.0, 7), (4.0, 13)])
def test_the_window_has_sum_one_and_the_variance_of_the_gaussian(sigma, reach):
    weights = torch.tensor(response(sigma), dtype=torch.float64)
    offsets = torch.arange(len(weights)) - len(weights) // 2

    assert len(weights) == 2 * reach - 1
    assert weights.sum().item() == pytest.approx(1)
    assert (weights * offsets**2).sum().item() == pytest.approx(sigma**2)
    assert torch.equal(weights, weights.flip(0))


@pytest.mark.parametrize("size", [(40, 61), (9, 12), (5, 5), (3, 2)])
def test_the_recursion_is_the_window_but_for_rounding(generator, size):
    planes = torch.rand(2, 3, *size, generator=generator)

    difference = recursive(planes, 1.5) - smooth(planes, 1.5)

    assert difference.abs().max() < 2e-5


def test_the_recursion_makes_its_own_errors_which_grow_along_the_lines(generator):
    planes = torch.rand(1, 2, 1024, 64, generator=generator)

    difference = (recursive(planes, 1.5) - smooth(planes, 1.5)).abs()

    assert 1e-7 < difference.mean() < 1e-5
    assert difference[:, :, -200:].mean() > 2 * difference[:, :, :50].mean()


def test_a_picture_is_filtered_alike_beside_another(generator):
    planes = torch.rand(2, 2, 24, 31, generator=generator)

    assert torch.equal(recursive(planes, 1.5)[1:], recursive(planes[1:], 1.5))


def test_the_gradient_is_that_of_the_window(generator):
    planes = torch.rand(1, 2, 12, 15, generator=generator)
    weights = torch.rand(1, 2, 12, 15, generator=generator)
    gradients = []
    for blur in (recursive, smooth):
        leaf = planes.clone().requires_grad_()
        gradients += torch.autograd.grad((weights * blur(leaf, 1.5)).sum(), leaf)

    torch.testing.assert_close(*gradients)
