"""The pyramid against the program's own, and where its rims lie."""

import pytest
import torch

from sublimen.visibility.displays import DISPLAYS
from sublimen.visibility.pyramid import expanded, reduced

SIZES = [(16, 16), (17, 17), (16, 17), (17, 16), (33, 64)]


@pytest.fixture(scope="module")
def theirs():
    pytest.importorskip("pycvvdp", reason="needs the extra cvvdp")
    from pycvvdp.lpyr_dec import weber_contrast_pyr

    ppd = DISPLAYS["standard_fhd"].pixels_per_degree
    return weber_contrast_pyr(64, 64, ppd, torch.device("cpu"), contrast="weber_g1")


@pytest.mark.parametrize("size", SIZES)
def test_both_ways_are_the_programs(theirs, size):
    planes = torch.rand(1, 3, 1, *size, generator=torch.Generator().manual_seed(0))

    smaller = reduced(planes)
    larger = expanded(smaller, *size)

    assert torch.allclose(smaller, theirs.gausspyr_reduce(planes, 0.4), atol=1e-6)
    assert torch.allclose(larger, theirs.gausspyr_expand(smaller, list(size), 0.4), atol=1e-6)


def test_a_plain_picture_stays_plain():
    plain = torch.full((1, 1, 7, 7), 0.5)

    assert torch.allclose(reduced(plain), torch.tensor(0.5))
    assert torch.allclose(expanded(plain, 13, 14), torch.tensor(0.5))


def test_where_rows_are_odd_and_columns_even_the_right_rim_counts_less_and_then_more():
    row = torch.tensor([0.0, 0.0, 0.0, 1.0]).expand(1, 1, 5, 4)

    assert torch.allclose(reduced(row)[0, 0, 0], torch.tensor([0.0, 0.25 + 0.25]))


def test_a_gradient_is_the_transpose():
    planes = torch.rand(1, 1, 9, 9, dtype=torch.float64, requires_grad=True)

    assert torch.autograd.gradcheck(reduced, planes)
    assert torch.autograd.gradcheck(lambda x: expanded(x, 17, 18), planes)
