"""Tensors of a file against those of a network."""

import pytest
import torch

from sublimen.errors import WeightsError
from sublimen.tensor_file import check_shapes

TENSORS = {"first": torch.arange(6.0).view(2, 3), "second": torch.ones(4)}


def test_shapes_must_be_those_expected():
    check_shapes(TENSORS, {"first": (2, 3), "second": (4,)}, name="net.pth")


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        ({"first": (3, 2), "second": (4,)}, "3 x 2 numbers at first, got 2 x 3 numbers"),
        ({"first": (2, 3), "second": (4,), "third": (1,)}, "1 numbers at third, got nothing"),
        ({"first": (2, 3)}, "nothing at second, got 4 numbers"),
    ],
)
def test_other_shapes_are_refused_by_the_first_difference(expected, words):
    with pytest.raises(WeightsError, match=rf"net\.pth must hold {words}; give the weights"):
        check_shapes(TENSORS, expected, name="net.pth")
