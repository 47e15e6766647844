import os
from pathlib import Path

import numpy as np
import pytest
import torch
from recognisers import tfjs_maker

from sublimen.errors import WeightsError
from sublimen.imaging.levels import from_bytes
from sublimen.recognisers import MobileFace, MobileFaceNet, detect, store
from sublimen.recognisers.mobileface import converted


@pytest.fixture(scope="module")
def files():
    return tfjs_maker.made_mobileface()


@pytest.fixture(scope="module")
def network(files):
    return MobileFace(converted(files))


def noise(count, seed=1):
    return torch.rand(count, 3, 112, 112, generator=torch.Generator().manual_seed(seed))


def by_the_graph(files, chips):
    """Unit vectors of the original graph, which takes levels of R, G and B."""
    pixels = chips.permute(0, 2, 3, 1).double().numpy() * 255
    features = tfjs_maker.evaluated(files, pixels, "batchnorm0/add_1")
    return features / np.linalg.norm(features, axis=1, keepdims=True)


def test_it_is_the_graph_evaluated_node_by_node(files, network):
    chips = noise(2)

    embeddings = network(chips).numpy()

    assert embeddings.shape == (2, 256)
    assert np.abs(embeddings[0] - embeddings[1]).max() > 1e-4
    assert np.abs(embeddings - by_the_graph(files, chips)).max() <= 1e-5


def test_the_channels_are_not_alike(files, network):
    chips = noise(1)

    assert np.abs(network(chips.flip(1)).numpy() - by_the_graph(files, chips)).max() > 1e-4


def test_embeddings_have_unit_length_and_the_network_is_frozen(network):
    embeddings = network(noise(2))

    torch.testing.assert_close(torch.linalg.vector_norm(embeddings, dim=1), torch.ones(2))
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())


@pytest.mark.parametrize("lost", ["conv1_weight", "stage3_unit1_prelu1_gamma", "dense/kernel"])
def test_files_without_a_layer_are_refused(files, lost):
    with pytest.raises(WeightsError, match=lost):
        converted(tfjs_maker.with_weight(files, lost, name="another"))


def test_a_layer_of_another_size_is_refused(files):
    with pytest.raises(WeightsError, match="must hold its layers"):
        converted(tfjs_maker.with_weight(files, "conv1_weight", shape=[27, 32]))


def test_the_store_is_where_it_is_loaded_from(files, network, tmp_path, monkeypatch):
    monkeypatch.setenv("SUBLIMEN_WEIGHTS", str(tmp_path))
    with pytest.raises(WeightsError, match="run `sublimen weights add mobileface`"):
        MobileFace.load()
    store.write(MobileFace.name, converted(files))

    assert torch.equal(MobileFace.load()(noise(1)), network(noise(1)))


@pytest.mark.weights
def test_its_chips_are_those_of_mobilefacenet_and_the_gradient_reaches_the_photo(
    network, astronaut
):
    face, photo = detect(astronaut)[0], from_bytes(astronaut).requires_grad_()

    chips = network.cut(photo, face)
    (gradient,) = torch.autograd.grad(network(chips)[:, 0].sum(), photo)

    assert torch.equal(chips, MobileFaceNet.placement(face).cut(photo))
    assert network.window(face) == MobileFaceNet.placement(face).window
    assert gradient.isfinite().all()
    assert gradient.abs().sum() > 0


@pytest.mark.weights
def test_it_is_the_original_graph(astronaut):
    folder = Path(os.environ.get("SUBLIMEN_MODELS", "models"))
    paths = [folder / f"mobileface.{ending}" for ending in ("json", "bin")]
    if not all(path.is_file() for path in paths):
        pytest.skip("SUBLIMEN_MODELS names no folder with mobileface.json and .bin")
    files = {path.name: path.read_bytes() for path in paths}
    network = MobileFace(converted(files))
    face = network.cut(from_bytes(astronaut), detect(astronaut)[0])

    for chips in (face, noise(1) / 2):
        assert np.abs(network(chips).numpy() - by_the_graph(files, chips)).max() <= 1e-5
