import numpy as np
import pytest
import torch
from scipy.stats import logistic

from sublimen.jnd.autoencoder import CHANNELS, FLOOR, Autoencoder, Normalisation
from sublimen.jnd.map_network import untrained


@pytest.fixture(scope="module")
def network():
    return untrained(3).autoencoder.requires_grad_(requires_grad=False)


def test_a_feature_is_divided_by_the_energy_of_all(generator):
    layer = Normalisation()
    with torch.no_grad():
        layer.offset.copy_(torch.rand(CHANNELS, generator=generator) + 0.5)
        layer.gain.copy_(torch.rand(CHANNELS, CHANNELS, generator=generator))
    x = torch.randn(1, CHANNELS, 1, 1, generator=generator)

    found = layer(x).flatten().detach().numpy()

    b, g, values = (t.detach().numpy() for t in (layer.offset, layer.gain, x.flatten()))
    expected = [
        values[i]
        / np.sqrt(b[i] ** 2 + FLOOR + sum(g[i, j] ** 2 * values[j] ** 2 for j in range(128)))
        for i in range(128)
    ]
    assert found == pytest.approx(np.array(expected), rel=1e-4)


def test_the_inverse_multiplies_by_the_same_energy(generator):
    x = torch.randn(1, CHANNELS, 2, 3, generator=generator)

    divided, multiplied = Normalisation()(x), Normalisation(inverse=True)(x)

    assert torch.allclose(divided * multiplied, x.square(), rtol=1e-4, atol=1e-6)


def test_features_are_eight_times_smaller_and_the_picture_comes_back(network):
    features, decoded = network(torch.rand(2, 3, 40, 24))

    assert features.shape == (2, CHANNELS, 5, 3)
    assert decoded.shape == (2, 3, 40, 24)


def test_bits_are_those_of_a_logistic_distribution(generator):
    network = Autoencoder()
    with torch.no_grad():
        network.centre.copy_(torch.randn(CHANNELS, generator=generator))
        network.log_scale.copy_(0.3 * torch.randn(CHANNELS, generator=generator))
    features = 2 * torch.randn(2, CHANNELS, 2, 3, generator=generator)

    found = network.bits(features).detach().numpy()

    centre, scale = (
        t.detach().double().numpy()[:, None, None]
        for t in (network.centre, network.log_scale.exp())
    )
    values = features.double().numpy()
    inside = logistic.cdf(values + 0.5, centre, scale) - logistic.cdf(values - 0.5, centre, scale)
    assert found == pytest.approx(-np.log2(inside).sum(axis=(1, 2, 3)), rel=1e-3)


def test_a_value_without_probability_has_finitely_many_bits():
    features = torch.full((1, CHANNELS, 1, 1), 1e6, requires_grad=True)

    bits = Autoencoder().bits(features)
    (gradient,) = torch.autograd.grad(bits.sum(), features)

    assert bits.item() == pytest.approx(-CHANNELS * np.log2(FLOOR), rel=1e-5)
    assert gradient.isfinite().all()
