import numpy as np
import pytest
import torch
from skimage.color import rgb2lab

from sublimen.imaging.cielab import lab, xyz


def of(colour):
    return lab(xyz(torch.tensor(colour, dtype=torch.float64).view(1, 3, 1, 1))).flatten().tolist()


@pytest.mark.parametrize("grey", [0.0, 0.001, 0.02, 0.04045, 0.18, 0.5, 0.9, 1.0])
def test_greys_black_and_white_are_those_of_scikit_image(grey):
    expected = rgb2lab(np.full((1, 1, 3), grey))[0, 0]

    assert of([grey] * 3) == pytest.approx(expected.tolist(), abs=1e-9)


def test_colours_are_those_of_scikit_image(generator):
    images = torch.rand(1, 3, 20, 30, generator=generator, dtype=torch.float64)

    found = lab(xyz(images))[0].permute(1, 2, 0).numpy()

    np.testing.assert_allclose(found, rgb2lab(images[0].permute(1, 2, 0).numpy()), atol=1e-9)


def test_white_black_and_mid_grey_have_their_textbook_lightness():
    assert of([1, 1, 1])[0] == pytest.approx(100, abs=1e-3)
    assert of([0, 0, 0])[0] == pytest.approx(0, abs=1e-3)
    assert of([119 / 255] * 3)[0] == pytest.approx(50.034, abs=1e-3)
