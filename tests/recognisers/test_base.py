import pytest
import torch

from sublimen.recognisers import Alignment, Embedder, Face, chip
from sublimen.recognisers.dlib_resnet import DlibResnet
from sublimen.recognisers.face import Box

FACE = Face(
    Box(30, 30, 90, 90), ((82.0, 50.0), (69.0, 51.0), (37.0, 50.0), (51.0, 51.0), (60.0, 75.0))
)


@pytest.fixture
def network(layers):
    return DlibResnet(iter(layers))


@pytest.fixture
def photos():
    return torch.rand(2, 3, 120, 130, generator=torch.Generator().manual_seed(0))


def test_a_chip_is_cut_as_dlib_does_it(network, photos):
    chips = network.cut(photos, FACE)

    torch.testing.assert_close(chips, chip(photos, Alignment.of(FACE)), rtol=0, atol=0)
    assert chips.shape == (2, 3, network.side, network.side)


def test_the_window_is_all_that_is_read(network, photos):
    box = network.window(FACE)
    left, top = max(box.x0, 0), max(box.y0, 0)

    part = network.cut(photos[..., top : box.y1, left : box.x1], FACE, origin=(left, top))

    torch.testing.assert_close(part, network.cut(photos, FACE), rtol=0, atol=1e-6)


def test_every_recogniser_says_whose_it_is():
    from sublimen.recognisers import RECOGNISERS

    for recogniser in RECOGNISERS.values():
        assert issubclass(recogniser, Embedder)
        for line in (recogniser.licence, recogniser.origin):
            assert line != "unknown"
            assert "\n" not in line
