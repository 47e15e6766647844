import os
from pathlib import Path

import numpy as np
import pytest
import torch
from recognisers.tflite_maker import written

from sublimen.errors import WeightsError
from sublimen.imaging.levels import from_bytes
from sublimen.recognisers import MobileFaceNet, detect, store
from sublimen.recognisers.face import Box, Face
from sublimen.recognisers.five_points import Placement
from sublimen.recognisers.mobilefacenet import Block, converted

FACE = Face(
    Box(30, 30, 90, 90), ((82.0, 50.0), (69.0, 51.0), (37.0, 50.0), (51.0, 51.0), (60.0, 75.0))
)


@pytest.fixture(scope="module")
def tensors():
    """Random parameters of the right shapes; the slopes of PReLU are small."""
    generator = torch.Generator().manual_seed(0)
    made = {}
    for name, tensor in MobileFaceNet.layers().state_dict().items():
        fan = tensor[0].numel() if tensor.ndim > 1 else 20
        made[name] = torch.randn(tensor.shape, generator=generator) / fan**0.5
    return made


@pytest.fixture(scope="module")
def network(tensors):
    return MobileFaceNet(tensors)


def as_a_file(tensors):
    """The parameters as the package's file holds them, in the graph's order."""
    operators = [("RESHAPE", [np.array([2, 192], np.int32)])]
    for name, tensor in tensors.items():
        if tensor.ndim == 4 and tensor.shape[1] == 1:
            operators.append(("DEPTHWISE_CONV_2D", [tensor.permute(1, 2, 3, 0).numpy().copy()]))
        elif tensor.ndim == 4:
            operators.append(("CONV_2D", [tensor.permute(0, 2, 3, 1).numpy().copy()]))
        elif name.endswith("bias"):
            operators[-1][1].append(tensor.numpy())
        else:
            operators.append(("MUL", [(tensor / 2).numpy()]))
    return written(operators)


def test_a_file_of_the_packages_layout_becomes_the_network(tensors):
    pytest.importorskip("tflite", reason="the extra weights brings the schema")

    found = converted({"made.tflite": as_a_file(tensors)})

    assert list(found) == list(tensors)
    for name, tensor in tensors.items():
        assert torch.equal(found[name], tensor), name


def test_a_file_of_another_network_is_refused(tensors):
    pytest.importorskip("tflite", reason="the extra weights brings the schema")
    shorter = dict(list(tensors.items())[:-1])

    with pytest.raises(WeightsError, match="got 1") as caught:
        converted({"made.tflite": as_a_file(shorter)})

    assert f"must be {len(tensors)} tensors, got {len(shorter)}" in str(caught.value)


def test_the_store_is_where_it_is_loaded_from(tensors, network, tmp_path, monkeypatch):
    monkeypatch.setenv("SUBLIMEN_WEIGHTS", str(tmp_path))
    with pytest.raises(WeightsError, match="run `sublimen weights add mobilefacenet`"):
        MobileFaceNet.load()
    store.write(MobileFaceNet.name, tensors)
    chips = torch.rand(1, 3, 112, 112, generator=torch.Generator().manual_seed(1))

    assert torch.equal(MobileFaceNet.load()(chips), network(chips))


def test_embeddings_have_unit_length_and_the_network_is_frozen(network):
    chips = torch.rand(3, 3, 112, 112, generator=torch.Generator().manual_seed(1))

    embeddings = network(chips)

    assert embeddings.shape == (3, 192)
    torch.testing.assert_close(torch.linalg.vector_norm(embeddings, dim=1), torch.ones(3))
    torch.testing.assert_close(network(chips[2:]), embeddings[2:], rtol=1e-4, atol=1e-6)
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_levels_are_centred_at_127_and_a_half_and_divided_by_128(network):
    seen = []
    handle = network.network.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))

    network(torch.stack([torch.zeros(3, 112, 112), torch.ones(3, 112, 112)]))

    handle.remove()
    assert seen[0].flatten(1)[:, 0].tolist() == [-127.5 / 128, 127.5 / 128]


def test_a_block_of_stride_one_adds_its_input_and_one_of_stride_two_halves_the_map():
    features = torch.rand(1, 4, 6, 6, generator=torch.Generator().manual_seed(2))
    same, half = Block(4, 8, 4, 1), Block(4, 8, 4, 2)

    torch.testing.assert_close(same(features) - same.layers(features), features)
    assert half(features).shape == (1, 4, 3, 3)


def test_parameters_of_another_network_are_refused(tensors):
    with pytest.raises(WeightsError, match="must hold"):
        MobileFaceNet({**tensors, "0.1.weight": torch.zeros(1)})


def test_the_chip_is_cut_by_the_arcface_template(network):
    photo = torch.rand(2, 3, 120, 130, generator=torch.Generator().manual_seed(3))
    placement = Placement.arcface(FACE)

    assert network.window(FACE) == placement.window
    assert torch.equal(network.cut(photo, FACE), placement.cut(photo))
    assert network.cut(photo, FACE).shape == (2, 3, 112, 112)


def test_the_gradient_reaches_the_photo(network):
    photo = torch.rand(1, 3, 120, 130, generator=torch.Generator().manual_seed(3))

    def loss(images):
        return network(network.cut(images, FACE))[:, 0].sum()

    (gradient,) = torch.autograd.grad(loss(photo.requires_grad_()), photo)

    box = network.window(FACE)
    assert gradient.isfinite().all()
    assert gradient[..., box.y0 : box.y1, box.x0 : box.x1].abs().mean() > 0
    assert gradient[..., :, box.x1 :].abs().max() == 0


def test_the_threshold_is_the_distance_of_unit_vectors_with_a_cosine_of_37_hundredths():
    one = torch.tensor([1.0, 0.0])
    other = torch.tensor([0.37, (1 - 0.37**2) ** 0.5])

    assert torch.linalg.vector_norm(one - other).item() == pytest.approx(MobileFaceNet.threshold)


@pytest.fixture(scope="module")
def original():
    """The package's own graph, run by its own interpreter."""
    interpreters = pytest.importorskip(
        "ai_edge_litert.interpreter", reason="the reference interpreter is not installed"
    )
    path = Path(os.environ.get("SUBLIMEN_MODELS", "models")) / "MobileFaceNet.tflite"
    if not path.is_file():
        pytest.skip("SUBLIMEN_MODELS names no folder with MobileFaceNet.tflite")
    interpreter = interpreters.Interpreter(str(path))
    interpreter.allocate_tensors()
    given, wanted = interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def run(chips):
        pixels = (chips * 255 - 127.5) / 128
        interpreter.set_tensor(given["index"], pixels.permute(0, 2, 3, 1).contiguous().numpy())
        interpreter.invoke()
        found = interpreter.get_tensor(wanted["index"]).copy()
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    return run


@pytest.mark.weights
def test_it_is_the_original_graph(original, astronaut):
    if not store.installed(MobileFaceNet.name):
        pytest.skip("mobilefacenet is not in the store; run `sublimen weights add mobilefacenet`")
    network = MobileFaceNet.load()
    face = network.cut(from_bytes(astronaut), detect(astronaut)[0])
    noise = torch.rand(1, 3, 112, 112, generator=torch.Generator().manual_seed(5))

    # The graph takes two images at a time.
    for chips in (torch.cat([face, noise]), torch.cat([face.flip(3), noise / 2])):
        assert np.abs(original(chips) - network(chips).numpy()).max() <= 3e-5
