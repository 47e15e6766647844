import torch
from torch import nn

from sublimen.recognisers.normalised import Normalised


def test_each_channel_is_centred_before_it_is_divided():
    model = Normalised(nn.Flatten(), (0.1, 0.2, 0.3), (0.5, 0.25, 2.0))
    images = torch.full((1, 3, 1, 1), 0.6)

    torch.testing.assert_close(model(images), torch.tensor([[1.0, 1.6, 0.15]]))


def test_the_network_is_frozen_and_answers_as_in_evaluation():
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 12), nn.Dropout(0.5))
    images = torch.ones(1, 3, 2, 2)

    model = Normalised(network, (0.0,) * 3, (1.0,) * 3)

    assert torch.equal(model(images), network[1](images.flatten(1)))
    assert not any(parameter.requires_grad for parameter in model.parameters())
