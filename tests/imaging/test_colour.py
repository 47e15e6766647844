import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

from sublimen.imaging.colour import YCBCR, encoded, linear, luma, matlab_luma, ycbcr


def colour(*levels):
    return torch.tensor(levels, dtype=torch.float64).view(1, 3, 1, 1) / 255


COLOURS = {
    "white": ((255, 255, 255), (255, 0, 0)),
    "grey": ((128, 128, 128), (128, 0, 0)),
    "black": ((0, 0, 0), (0, 0, 0)),
    # Red: luma 76.245, so that Cb is 0.564 times -76.245 and Cr 0.713 times 178.755.
    "red": ((255, 0, 0), (76.245, -43.002, 127.452)),
    "green": ((0, 255, 0), (149.685, -84.422, -106.725)),
    "blue": ((0, 0, 255), (29.07, 127.425, -20.727)),
}


@pytest.mark.parametrize("name", COLOURS)
def test_primaries_and_greys_have_their_published_values(name):
    levels, expected = COLOURS[name]

    found = (ycbcr(colour(*levels)) * 255).flatten().tolist()

    assert found == pytest.approx(expected, abs=1e-3)
    assert luma(colour(*levels)).item() * 255 == pytest.approx(expected[0], abs=1e-9)


def test_the_matrix_is_what_the_function_computes():
    unit = torch.eye(3, dtype=torch.float64).view(3, 3, 1, 1)

    columns = ycbcr(unit).squeeze().T

    assert torch.allclose(columns, torch.tensor(YCBCR, dtype=torch.float64), atol=1e-15)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_grey_is_its_own_luma_and_has_no_colour_to_the_last_bit(dtype):
    grey = (torch.arange(256, dtype=dtype) / 255).view(256, 1, 1, 1)

    planes = ycbcr(grey.expand(-1, 3, -1, -1))

    assert torch.equal(luma(grey), grey)
    assert torch.equal(planes[:, :1], grey)
    assert torch.equal(matlab_luma(grey.expand(-1, 3, -1, -1)), grey)
    assert torch.equal(matlab_luma(grey), grey)
    assert planes[:, 1:].abs().max() == 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@settings(max_examples=50, deadline=None)
@given(levels=st.tuples(*[st.integers(0, 255)] * 3))
def test_matlab_rounds_luma_to_whole_levels(dtype, levels):
    found = matlab_luma(colour(*levels).to(dtype)).item() * 255

    # In whole millionths, so that nothing depends on rounding errors; there is no exact half.
    millionths = sum(s * v for s, v in zip((298936, 587043, 114021), levels, strict=True))
    assert found == pytest.approx((millionths + 500_000) // 1_000_000, abs=1e-4)


def test_luma_of_a_photo_is_the_weighted_mean(astronaut):
    images = torch.from_numpy(astronaut.transpose(2, 0, 1)[None] / 255.0)

    found = luma(images)[0, 0].numpy() * 255

    assert np.abs(found - astronaut @ [0.299, 0.587, 0.114]).max() < 1e-10


@pytest.mark.parametrize(
    ("level", "light"),
    [(0, 0.0), (10, 0.003035), (11, 0.003347), (119, 0.184475), (188, 0.502886), (255, 1.0)],
)
def test_light_of_levels_has_its_published_value(level, light):
    assert linear(colour(level, level, level))[0, 0].item() == pytest.approx(light, abs=1e-6)


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 1))
def test_encoding_light_is_the_way_back(value):
    image = torch.full((1, 1, 1, 1), value, dtype=torch.float64)

    assert encoded(linear(image)).item() == pytest.approx(value, abs=2e-7)


def test_light_has_a_finite_slope_everywhere():
    image = torch.tensor([0.0, 0.04045, 1.0]).view(1, 1, 1, 3).requires_grad_()

    for curve in (linear, encoded):
        (slope,) = torch.autograd.grad(curve(image).sum(), image)
        assert slope.isfinite().all()
        assert (slope > 0).all()
