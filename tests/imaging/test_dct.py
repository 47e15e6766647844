import numpy as np
import pytest
import torch
from scipy.fft import dctn

from sublimen.imaging.dct import SIDE, dct_of_blocks, side_by_side
from sublimen.imaging.filters import completed


@pytest.fixture
def planes(generator):
    return torch.rand(2, 1, 16, 24, generator=generator, dtype=torch.float64)


def test_coefficients_are_those_of_scipy(planes):
    found = dct_of_blocks(planes, "reflect")

    assert found.shape == (8, 8, 2, 2, 3)
    for image, row, column in np.ndindex(2, 2, 3):
        block = planes[image, 0, 8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
        expected = dctn(block.numpy(), norm="ortho")
        assert found[..., image, row, column].numpy() == pytest.approx(expected, abs=1e-14)


def test_the_first_frequency_is_the_vertical_one():
    rows = torch.cos((2 * torch.arange(8.0) + 1) * np.pi / 16)

    found = dct_of_blocks(rows[:, None].expand(1, 1, 8, 8), "reflect").squeeze()

    # A cosine of amplitude 1 over 64 pixels has an energy of 32.
    assert found[1, 0].item() == pytest.approx(np.sqrt(32))
    found[1, 0] = 0
    assert found.abs().max() < 1e-6


def test_a_flat_field_has_its_mean_alone():
    found = dct_of_blocks(torch.full((1, 1, 8, 8), 0.3, dtype=torch.float64), "zeros").flatten()

    assert found[0].item() == pytest.approx(2.4)
    assert found[1:].abs().max() < 1e-15


@pytest.mark.parametrize(
    ("padding", "expected"),
    [
        ("reflect", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6, 5, 4, 3]),
        ("zeros", [*range(10), *[0] * 6]),
    ],
)
def test_the_last_blocks_are_completed(padding, expected):
    ramp = torch.arange(10.0).expand(1, 1, 10, 10)

    wide, high = (completed(plane, SIDE, padding) for plane in (ramp, ramp.mT))

    assert wide.shape == high.shape == (1, 1, 16, 16)
    assert wide[0, 0, 0].tolist() == expected
    assert high[0, 0, :, 0].tolist() == expected


def test_blocks_are_laid_out_where_they_were_cut():
    blocks = torch.arange(8 * 8 * 2 * 2 * 3).view(8, 8, 2, 2, 3)

    laid = side_by_side(blocks, 16, 22)

    assert laid.shape == (2, 1, 16, 22)
    assert laid[1, 0, 8 + 3, 16 + 5] == blocks[3, 5, 1, 1, 2]
    assert laid[0, 0, 7, 8] == blocks[7, 0, 0, 0, 1]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_part_of_a_picture_has_the_same_bits(generator, dtype):
    plane = torch.rand(1, 1, 64, 72, generator=generator).to(dtype)

    whole = dct_of_blocks(plane, "reflect")

    for start, stop in ((0, 8), (8, 40), (24, 64)):
        part = dct_of_blocks(plane[:, :, start:stop], "reflect")
        assert torch.equal(part, whole[:, :, :, start // 8 : stop // 8])


def test_the_transform_has_a_gradient(planes):
    assert torch.autograd.gradcheck(
        lambda plane: dct_of_blocks(plane, "reflect"), planes[:1, :, :9, :8].requires_grad_()
    )
