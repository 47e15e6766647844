import hashlib

import numpy as np
import pytest
import torch

from sublimen.errors import ImageError, MissingExtraError, ModelError, SettingError, WeightsError
from sublimen.recognisers.onnx_file import onnx_recogniser

onnx = pytest.importorskip("onnx", reason="the extra onnx brings the reader")
pytest.importorskip("onnx2torch", reason="the extra onnx brings the converter")
helper = onnx.helper

SIDE = 6
OPEN = ("batch", 3, SIDE, SIDE)


def node(kind, inputs, outputs, **attributes):
    return helper.make_node(kind, inputs.split(), outputs.split(), **attributes)


def tail(*nodes, start="x", output="y"):
    """Nodes and then the mean of each channel, flat."""
    last = nodes[-1].output[0] if nodes else start
    return [*nodes, node("GlobalAveragePool", last, "means"), node("Flatten", "means", output)]


@pytest.fixture
def write(tmp_path):
    """Writes an ONNX file and its card, whose path it gives."""

    def written(nodes, *, shape=OPEN, lines="", kind="classes", domains=(), numbers=None):
        constants = [
            onnx.numpy_helper.from_array(np.asarray(value, dtype), name)
            for name, (value, dtype) in (numbers or {}).items()
        ]
        kinds = onnx.TensorProto
        answer = kinds.INT64 if nodes[-1].op_type == "ArgMax" else kinds.FLOAT
        graph = helper.make_graph(
            nodes,
            "made",
            [helper.make_tensor_value_info("x", kinds.FLOAT, shape)],
            [helper.make_tensor_value_info("y", answer, None)],
            constants,
        )
        versions = [helper.make_opsetid("", 13), *(helper.make_opsetid(d, 1) for d in domains)]
        model = helper.make_model(graph, opset_imports=versions, ir_version=8)
        onnx.save(model, str(tmp_path / "net.onnx"))
        card = tmp_path / "card.toml"
        card.write_text(f'file = "net.onnx"\nkind = "{kind}"\nside = {SIDE}\n{lines}', "utf-8")
        return card

    return written


@pytest.fixture
def images(generator):
    return torch.rand(3, 3, SIDE, SIDE, generator=generator)


def small_network():
    """A convolution, a rectification and a linear layer, and the same in PyTorch."""
    generator = torch.Generator().manual_seed(7)
    kernel = torch.randn(4, 3, 3, 3, generator=generator)
    weight, bias = torch.randn(5, 4, generator=generator), torch.randn(5, generator=generator)
    numbers = {
        name: (value.numpy(), np.float32)
        for name, value in (("kernel", kernel), ("weight", weight), ("bias", bias))
    }
    nodes = [
        node("Conv", "x kernel", "c", kernel_shape=[3, 3]),
        node("Relu", "c", "r"),
        *tail(start="r", output="f"),
        node("Gemm", "f weight bias", "y", transB=1),
    ]

    def same(images):
        features = torch.nn.functional.conv2d(images, kernel).relu().mean(dim=(2, 3))
        return features @ weight.T + bias

    return nodes, numbers, same


def test_a_file_answers_as_the_same_network_in_pytorch(write, images):
    nodes, numbers, same = small_network()

    recogniser = onnx_recogniser(write(nodes, numbers=numbers))

    torch.testing.assert_close(recogniser.model(images), same(images))
    assert (recogniser.name, recogniser.answers, recogniser.side) == ("card", "classes", SIDE)
    assert (recogniser.labels, recogniser.threshold) == ((), None)
    assert not any(parameter.requires_grad for parameter in recogniser.model.parameters())


def test_its_gradient_is_that_of_the_same_network(write, images):
    nodes, numbers, same = small_network()
    model = onnx_recogniser(write(nodes, numbers=numbers)).model
    images.requires_grad_()

    (ours,) = torch.autograd.grad(model(images).square().sum(), images)

    (theirs,) = torch.autograd.grad(same(images).square().sum(), images)
    torch.testing.assert_close(ours, theirs)


def test_white_is_scaled_before_the_mean_is_subtracted(write):
    lines = "scale = 255\nmean = [55, 5, 0]\nstd = [100, 50, 255]"

    model = onnx_recogniser(write(tail(), lines=lines)).model

    torch.testing.assert_close(model(torch.ones(1, 3, SIDE, SIDE)), torch.tensor([[2.0, 5, 1]]))


def test_the_numbers_of_the_channels_come_in_the_networks_order(write):
    red = torch.tensor([1.0, 0.0, 0.5]).view(1, 3, 1, 1).expand(1, 3, SIDE, SIDE)
    lines = 'colour = "bgr"\nmean = [0.25, 0, 0]\nstd = [1, 1, 2]'

    model = onnx_recogniser(write(tail(), lines=lines)).model

    torch.testing.assert_close(model(red), torch.tensor([[0.25, 0.0, 0.5]]))


def test_channels_may_stand_last(write, images):
    nodes = tail(node("Transpose", "x", "t", perm=[0, 3, 1, 2]))
    card = write(nodes, shape=("batch", SIDE, SIDE, 3), lines='layout = "nhwc"')

    model = onnx_recogniser(card).model

    torch.testing.assert_close(model(images), images.mean(dim=(2, 3)))


def test_a_file_for_one_image_is_asked_image_by_image(write, images):
    nodes = [
        node("GlobalAveragePool", "x", "means"),
        node("Reshape", "means shape", "y"),
    ]
    card = write(nodes, shape=(1, 3, SIDE, SIDE), numbers={"shape": ([1, 3], np.int64)})

    model = onnx_recogniser(card).model

    torch.testing.assert_close(model(images), images.mean(dim=(2, 3)))


def test_grey_images_count_as_colour(write):
    model = onnx_recogniser(write(tail())).model

    assert model(torch.full((1, 1, SIDE, SIDE), 0.5)).tolist() == [[0.5] * 3]


def test_an_embedding_brings_its_threshold(write):
    lines = 'threshold = 0.9\nfalse_match_rate = 0.01\nsource = "somebody, MIT"'

    recogniser = onnx_recogniser(write(tail(), kind="embedding", lines=lines))

    assert recogniser.answers == "embedding"
    assert (recogniser.threshold, recogniser.false_match_rate) == (0.9, 0.01)
    assert recogniser.source == "somebody, MIT"


def test_classes_are_named_by_the_labels(write, tmp_path):
    (tmp_path / "names.txt").write_text("red\ngreen\nblue\n", "utf-8")
    card = write(tail(), lines='labels = "names.txt"')

    assert onnx_recogniser(card).labels == ("red", "green", "blue")
    (tmp_path / "names.txt").write_text("red\ngreen\n", "utf-8")
    with pytest.raises(WeightsError, match=r"names\.txt must name 3 classes, got 2"):
        onnx_recogniser(card)
    (tmp_path / "names.txt").unlink()
    with pytest.raises(WeightsError, match="labels must be a text file"):
        onnx_recogniser(card)


@pytest.mark.parametrize(
    ("nodes", "domains", "words"),
    [
        (tail(node("Cosh", "x", "c")), (), r"got ai\.onnx\.Cosh of version 13"),
        (
            tail(node("Cosh", "x", "c"), node("Det", "x", "d"), node("Sinh", "c", "s")),
            (),
            r"ai\.onnx\.Cosh of version 13, ai\.onnx\.Det of version 13, ai\.onnx\.Sinh",
        ),
        (tail(node("Swirl", "x", "s", domain="mine")), ("mine",), r"got mine\.Swirl of version 1"),
    ],
)
def test_every_unsupported_operator_is_named(write, nodes, domains, words):
    with pytest.raises(ModelError, match=rf"net\.onnx must be made of operators .*{words}"):
        onnx_recogniser(write(nodes, domains=domains))


@pytest.mark.parametrize(
    ("nodes", "numbers", "words"),
    [
        ([*tail(output="f"), node("Softmax", "f", "y")], {}, "must answer logits"),
        ([*tail(output="f"), node("ArgMax", "f", "y", axis=1)], {}, "answer with a gradient"),
        (tail(node("Round", "x", "r")), {}, "must have a gradient, got one of zeros"),
        (
            [node("GlobalAveragePool", "x", "m"), node("Reshape", "m shape", "y")],
            {"shape": ([1, 3], np.int64)},
            "answer with a gradient for two images",
        ),
        (
            [node("GlobalAveragePool", "x", "m"), node("Reshape", "m shape", "y")],
            {"shape": ([1, -1], np.int64)},
            r"one row of finite numbers an image, got \(1, 6\) for two",
        ),
        (tail(node("Log", "x", "l")), {}, "one row of finite numbers"),
    ],
)
def test_networks_that_cannot_be_attacked_are_refused(write, nodes, numbers, words):
    with pytest.raises(ModelError, match=words):
        onnx_recogniser(write(nodes, numbers=numbers))


def test_probabilities_may_be_an_embedding(write, images):
    nodes = [*tail(output="f"), node("Softmax", "f", "y")]

    model = onnx_recogniser(write(nodes, kind="embedding")).model

    torch.testing.assert_close(model(images), images.mean(dim=(2, 3)).softmax(dim=1))


@pytest.mark.parametrize(
    "shape", [("batch", 3, 8, 8), ("batch", 1, 6, 6), ("batch", 6, 6, 3), (3,)]
)
def test_a_card_must_fit_its_file(write, shape):
    with pytest.raises(ModelError, match="images of 3 x 6 x 6 as its card says"):
        onnx_recogniser(write(tail(), shape=shape))


def test_the_digest_is_checked_if_the_card_has_one(write, tmp_path):
    card = write(tail(), lines=f'sha256 = "{"0" * 64}"')

    with pytest.raises(WeightsError, match=r"net\.onnx must have SHA-256 000000000000"):
        onnx_recogniser(card)
    digest = hashlib.sha256((tmp_path / "net.onnx").read_bytes()).hexdigest().upper()
    card.write_text(card.read_text("utf-8").replace("0" * 64, digest), "utf-8")
    assert onnx_recogniser(card).side == SIDE


def test_what_is_no_onnx_file_is_refused(write, tmp_path):
    card = write(tail())

    (tmp_path / "net.onnx").write_bytes(b"something else entirely")
    with pytest.raises(WeightsError, match=r"net\.onnx must be an ONNX file"):
        onnx_recogniser(card)
    (tmp_path / "net.onnx").unlink()
    with pytest.raises(WeightsError, match="file of a card must be there"):
        onnx_recogniser(card)
    card.write_text("side = 6", "utf-8")
    with pytest.raises(SettingError, match="must hold file"):
        onnx_recogniser(card)


@pytest.mark.usefixtures("as_users_run_it")
def test_images_of_another_size_are_refused(write):
    model = onnx_recogniser(write(tail())).model

    with pytest.raises(ImageError, match="images must be 6 x 6, got 7 x 6"):
        model(torch.zeros(1, 3, 6, 7))
    with pytest.raises(ImageError, match="divide 8-bit pixels by 255"):
        model(torch.full((1, 3, 6, 6), 9.0))


def test_a_missing_reader_is_named(write, monkeypatch):
    card = write(tail())
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)

    with pytest.raises(MissingExtraError, match=r"sublimen\[onnx\]"):
        onnx_recogniser(card)
