import pytest
import torch

from sublimen.jnd.attention import Attention
from sublimen.jnd.map_network import LAYERS, MapNetwork, Stages, untrained


def test_layers_are_those_of_the_description():
    layers = MapNetwork().layers

    shapes = [(layer.in_channels, layer.out_channels, layer.stride[0]) for layer in layers]
    assert shapes == list(LAYERS)
    assert {layer.kernel_size for layer in layers} == {(3, 3)}


@pytest.mark.parametrize("size", [(8, 8), (16, 17), (23, 40)])
def test_a_map_has_the_size_of_its_picture_and_lies_in_the_unit_interval(size):
    stages = untrained(0).requires_grad_(requires_grad=False)

    found = stages(torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(1)))

    assert found.shape == (2, 3, *size)
    assert 0 <= found.min() < found.max() <= 1


def test_the_map_is_what_is_left_of_the_sign_and_held_below_one():
    network = MapNetwork().requires_grad_(requires_grad=False)
    images = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    seen = Attention(images[:, :1], images, torch.ones(1, 128, 1, 1))
    small = network(images, seen)

    for layer in (network.layers[-1],):
        layer.weight.neg_()
        layer.bias.neg_()
    turned = network(images, seen)
    network.layers[-1].bias.fill_(50)
    large = network(images, seen)

    assert torch.equal(small, turned)
    assert (large == 1).all()


def test_attention_is_weighed_by_focus_before_it_comes_in():
    network = MapNetwork().requires_grad_(requires_grad=False)
    images = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    nowhere = torch.zeros(1, 1, 16, 16)

    maps = [
        network(images, Attention(nowhere, slope, torch.ones(1, 128, 1, 1)))
        for slope in (images, 1 - images)
    ]

    assert torch.equal(*maps)


def test_the_unit_scales_the_map():
    stages = untrained(0).requires_grad_(requires_grad=False)
    images = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    before = stages(images)

    stages.unit.fill_(0.25)

    assert torch.allclose(stages(images), before / 4)


def test_seeds_make_networks_whatever_else_is_drawn():
    one = untrained(5)
    torch.rand(7)
    same, other = untrained(5), untrained(6)

    pairs = list(zip(one.parameters(), same.parameters(), strict=True))
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not torch.equal(one.map_network.layers[0].weight, other.map_network.layers[0].weight)


def test_the_published_size_is_about_that():
    # 128 channels, 5 x 5: 3 layers each way and four normalisations of 128 x 128.
    assert sum(p.numel() for p in Stages().parameters()) == 1_810_470
