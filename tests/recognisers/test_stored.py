import pytest
import torch
from torch import nn
from torch.nn.functional import normalize
from typing_extensions import override

from sublimen.errors import WeightsError
from sublimen.recognisers import store
from sublimen.recognisers.face import Box, Face
from sublimen.recognisers.five_points import Placement
from sublimen.recognisers.stored import StoredEmbedder
from tests.photo.tiny import FACE

TENSORS = {"0.weight": torch.ones(2, 3, 1, 1), "0.bias": torch.zeros(2)}


class Made(StoredEmbedder):
    name = "made"
    side = 4
    threshold = 1.0
    false_match_rate = 0.01

    @staticmethod
    @override
    def layers():
        return nn.Sequential(nn.Conv2d(3, 2, 1), nn.Dropout(0.9))

    @staticmethod
    @override
    def placement(face):
        return Placement(complex(face.box.x0, face.box.y0), 2 + 0j, 4)

    @override
    def embed(self, chips):
        return normalize(self.network(chips).mean(dim=(2, 3)))


def test_it_is_frozen_and_loaded_from_the_store_by_its_name(monkeypatch):
    asked = []
    monkeypatch.setattr(store, "read", lambda name: asked.append(name) or TENSORS)

    network = Made.load()

    assert asked == ["made"]
    assert torch.equal(network.network[0].weight, TENSORS["0.weight"])
    assert not any(parameter.requires_grad for parameter in network.parameters())
    chips = torch.rand(1, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    assert torch.equal(network(chips), network(chips))


def test_its_chips_are_cut_where_it_places_them():
    photo = torch.rand(1, 3, 240, 250, generator=torch.Generator().manual_seed(0))
    network = Made(TENSORS)
    part = Face(Box(60, 70, 68, 78), FACE.landmarks)
    x0, y0, x1, y1 = network.window(part)

    assert network.window(part) == Made.placement(part).window
    assert torch.equal(network.cut(photo, part), Made.placement(part).cut(photo))
    moved = network.cut(photo[..., y0:y1, x0:x1], part, origin=(x0, y0))
    torch.testing.assert_close(moved, network.cut(photo, part))


def test_weights_of_another_network_are_refused_by_its_name():
    with pytest.raises(WeightsError, match="weights of made must hold"):
        Made({"0.weight": torch.ones(2, 3, 1, 1)})
