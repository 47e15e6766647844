import pytest
import torch

from sublimen.recognisers.layers import convolution


def ones(layer):
    for parameter in layer.parameters():
        parameter.data = torch.ones_like(parameter) if parameter.ndim > 1 else 0 * parameter
    return layer


def test_with_stride_one_the_rim_is_added_all_around():
    counts = ones(convolution(1, 1, 3))(torch.ones(1, 1, 4, 4))

    assert counts[0, 0].tolist() == [[4, 6, 6, 4], [6, 9, 9, 6], [6, 9, 9, 6], [4, 6, 6, 4]]


def test_with_stride_two_the_rim_is_added_at_the_far_end():
    # TensorFlow's SAME: of 4 columns the first window holds 3, the second 2 and the rim.
    counts = ones(convolution(1, 1, 3, stride=2))(torch.ones(1, 1, 4, 4))

    assert counts[0, 0].tolist() == [[9, 6], [6, 4]]


@pytest.mark.parametrize("stride", [1, 2])
def test_channels_can_be_filtered_apart(stride):
    layer = ones(convolution(2, 2, 3, stride=stride, groups=2))

    found = layer(torch.stack([torch.ones(4, 4), torch.zeros(4, 4)])[None])

    assert found[0, 1].abs().max() == 0
    assert found[0, 0].min() > 0


def test_a_single_pixel_needs_no_rim():
    assert convolution(3, 5)(torch.ones(1, 3, 4, 6)).shape == (1, 5, 4, 6)
