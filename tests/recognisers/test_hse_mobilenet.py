import os
from pathlib import Path

import numpy as np
import pytest
import torch
from recognisers import tfjs_maker

from sublimen.errors import WeightsError
from sublimen.imaging.levels import from_bytes
from sublimen.recognisers import HseMobileNet, detect, store
from sublimen.recognisers.face import Box, Face
from sublimen.recognisers.hse_mobilenet import converted

LEVEL = Face(
    Box(0, 0, 90, 90), ((65.0, 40.0), (55.0, 40.0), (25.0, 40.0), (35.0, 40.0), (45.0, 70.0))
)
"""Eyes at (30, 40) and (60, 40)."""

BGR = np.array([103.939, 116.779, 123.68])


@pytest.fixture(scope="module")
def files():
    return tfjs_maker.made()


@pytest.fixture(scope="module")
def network(files):
    return HseMobileNet(converted(files))


def noise(count, seed=1):
    return torch.rand(count, 3, 224, 224, generator=torch.Generator().manual_seed(seed))


def by_the_graph(files, chips):
    """Unit vectors of the original graph; pixels as the package's users prepare them."""
    pixels = chips.permute(0, 2, 3, 1).double().numpy()[..., ::-1] * 255 - BGR
    features = tfjs_maker.evaluated(files, pixels)
    return features / np.linalg.norm(features, axis=1, keepdims=True)


def test_it_is_the_graph_evaluated_node_by_node(files, network):
    chips = noise(2)

    embeddings = network(chips).numpy()

    assert embeddings.shape == (2, 1024)
    assert np.abs(embeddings[0] - embeddings[1]).max() > 1e-4
    assert np.abs(embeddings - by_the_graph(files, chips)).max() <= 1e-5


def test_the_channels_are_not_alike(files, network):
    chips = noise(1)

    assert np.abs(network(chips.flip(1)).numpy() - by_the_graph(files, chips)).max() > 1e-3


def test_embeddings_have_unit_length_and_the_network_is_frozen(network):
    embeddings = network(noise(2))

    torch.testing.assert_close(torch.linalg.vector_norm(embeddings, dim=1), torch.ones(2))
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())


@pytest.mark.parametrize("lost", ["conv1/convolution/merged_input", "conv_dw_7_bn/batchnorm_1/mul"])
def test_files_without_a_layer_are_refused(files, lost):
    with pytest.raises(WeightsError, match=lost):
        converted(tfjs_maker.with_weight(files, lost, name="another"))


def test_the_store_is_where_it_is_loaded_from(files, network, tmp_path, monkeypatch):
    monkeypatch.setenv("SUBLIMEN_WEIGHTS", str(tmp_path))
    with pytest.raises(WeightsError, match="run `sublimen weights add hse-mobilenet`"):
        HseMobileNet.load()
    store.write(HseMobileNet.name, converted(files))

    assert torch.equal(HseMobileNet.load()(noise(1)), network(noise(1)))


def test_the_square_is_measured_in_distances_of_the_eyes():
    placed = HseMobileNet.placement(LEVEL)

    # Eyes 30 apart around (45, 40): 96 pixels wide, its middle 3.6 pixels below the eyes.
    assert placed.scale * 224 == pytest.approx(96)
    middle = placed.start + placed.turn * 111.5 * (1 + 1j)
    assert middle == pytest.approx(45 + 43.6j)
    assert placed.turn.imag == pytest.approx(0)


def test_the_square_turns_with_the_eyes():
    turned = tuple((-y, x) for x, y in LEVEL.landmarks)

    placed = HseMobileNet.placement(Face(LEVEL.box, turned))

    assert placed.start == pytest.approx(1j * HseMobileNet.placement(LEVEL).start)
    assert placed.turn == pytest.approx(1j * HseMobileNet.placement(LEVEL).turn)


def test_the_chip_is_that_square_and_the_gradient_reaches_the_photo(network):
    photo = torch.rand(1, 3, 90, 92, generator=torch.Generator().manual_seed(3))

    chips = network.cut(photo.requires_grad_(), LEVEL)
    (gradient,) = torch.autograd.grad(network(chips)[:, 0].sum(), photo)

    assert torch.equal(chips, HseMobileNet.placement(LEVEL).cut(photo))
    assert network.window(LEVEL) == HseMobileNet.placement(LEVEL).window
    assert gradient.isfinite().all()
    assert gradient.abs().mean() > 0


@pytest.mark.weights
def test_it_is_the_original_graph(astronaut):
    folder = Path(os.environ.get("SUBLIMEN_MODELS", "models"))
    paths = [folder / f"faceres-deep.{ending}" for ending in ("json", "bin")]
    if not all(path.is_file() for path in paths):
        pytest.skip("SUBLIMEN_MODELS names no folder with faceres-deep.json and .bin")
    files = {path.name: path.read_bytes() for path in paths}
    network = HseMobileNet(converted(files))
    face = network.cut(from_bytes(astronaut), detect(astronaut)[0])

    for chips in (face, noise(1) / 2):
        assert np.abs(network(chips).numpy() - by_the_graph(files, chips)).max() <= 1e-4
