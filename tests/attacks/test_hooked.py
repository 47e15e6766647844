import pytest
import torch
from oracles import lattice
from torch import nn

from sublimen.attacks import Hooked
from sublimen.errors import ModelError, SettingError


@pytest.fixture
def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 5)
    )


def test_it_answers_what_the_layer_answered(network):
    images = lattice(2, 3, 8, 8)
    network.eval()

    features = Hooked(network, "2")(images)

    assert torch.equal(features, network[2](network[1](network[0](images))).flatten(1))


def test_of_a_layer_that_is_passed_twice_the_last_answer_counts():
    images = lattice(2, 3, 4, 4)
    shared = nn.LeakyReLU(0.5)
    twice = nn.Sequential(shared, nn.Flatten(), nn.Linear(48, 7), shared)

    assert torch.equal(Hooked(twice, "0")(images), twice(images))


def test_it_finds_layers_inside_layers(network):
    images = lattice(2, 3, 8, 8)
    whole = nn.Sequential(network.eval(), nn.Softmax(dim=1))

    assert torch.equal(Hooked(whole, "0.4")(images), network(images))


@pytest.mark.parametrize("training", [True, False])
def test_hooks_mode_and_parameters_stay_as_they_were(network, training):
    images = lattice(2, 3, 8, 8).requires_grad_()
    network.train(training)
    kept = network[2].register_forward_hook(lambda *_: None)
    parameters = [p.clone() for p in network.parameters()]

    Hooked(network, "2")(images).sum()

    assert list(network[2]._forward_hooks) == [kept.id]
    assert all(module.training is training for module in network.modules())
    assert all(map(torch.equal, parameters, network.parameters()))
    assert all(p.requires_grad and p.grad is None for p in network.parameters())


def test_it_stops_listening_after_an_error(network):
    hooked = Hooked(network, "2")

    with pytest.raises(RuntimeError):
        hooked(lattice(1, 3, 20, 20))

    assert not network[2]._forward_hooks


def test_its_features_have_a_gradient(network):
    images = lattice(2, 3, 8, 8).requires_grad_()

    (slopes,) = torch.autograd.grad(Hooked(network.eval(), "0")(images).sum(), images)

    # Without a bias the sum over a kernel's places is the kernel's sum, far from the rim.
    expected = network[0].weight.sum(dim=(0, 2, 3))
    torch.testing.assert_close(slopes[1, :, 4, 4], expected)


def test_a_layer_that_is_not_there_is_refused_with_one_that_is(network):
    named = nn.ModuleDict({"first_layer": network})

    with pytest.raises(SettingError, match="did you mean first_layer"):
        Hooked(named, "first_layr")


def test_a_layer_that_is_not_passed_is_refused():
    class Idle(nn.Module):
        def __init__(self):
            super().__init__()
            self.unused = nn.ReLU()

        def forward(self, images):
            return images

    with pytest.raises(ModelError, match="layer unused"):
        Hooked(Idle(), "unused")(lattice(1, 3, 4, 4))
