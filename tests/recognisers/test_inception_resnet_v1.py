import pytest
import torch

from sublimen.errors import ImageError, WeightsError
from sublimen.recognisers import InceptionResnetV1
from sublimen.recognisers.inception_resnet_v1 import Convolution, Residual

STEM = {
    "conv2d_1a": (32, 3, 3, 3),
    "conv2d_2a": (32, 32, 3, 3),
    "conv2d_2b": (64, 32, 3, 3),
    "conv2d_3b": (80, 64, 1, 1),
    "conv2d_4a": (192, 80, 3, 3),
    "conv2d_4b": (256, 192, 3, 3),
}
BLOCKS = {
    "repeat_1": (
        5,
        {
            "branch0": (32, 256, 1, 1),
            "branch1.0": (32, 256, 1, 1),
            "branch1.1": (32, 32, 3, 3),
            "branch2.0": (32, 256, 1, 1),
            "branch2.1": (32, 32, 3, 3),
            "branch2.2": (32, 32, 3, 3),
        },
        (256, 96, 1, 1),
    ),
    "repeat_2": (
        10,
        {
            "branch0": (128, 896, 1, 1),
            "branch1.0": (128, 896, 1, 1),
            "branch1.1": (128, 128, 1, 7),
            "branch1.2": (128, 128, 7, 1),
        },
        (896, 256, 1, 1),
    ),
    "repeat_3": (
        5,
        {
            "branch0": (192, 1792, 1, 1),
            "branch1.0": (192, 1792, 1, 1),
            "branch1.1": (192, 192, 1, 3),
            "branch1.2": (192, 192, 3, 1),
        },
        (1792, 384, 1, 1),
    ),
}
MIXED = {
    "mixed_6a.branch0": (384, 256, 3, 3),
    "mixed_6a.branch1.0": (192, 256, 1, 1),
    "mixed_6a.branch1.1": (192, 192, 3, 3),
    "mixed_6a.branch1.2": (256, 192, 3, 3),
    "mixed_7a.branch0.0": (256, 896, 1, 1),
    "mixed_7a.branch0.1": (384, 256, 3, 3),
    "mixed_7a.branch1.0": (256, 896, 1, 1),
    "mixed_7a.branch1.1": (256, 256, 3, 3),
    "mixed_7a.branch2.0": (256, 896, 1, 1),
    "mixed_7a.branch2.1": (256, 256, 3, 3),
    "mixed_7a.branch2.2": (256, 256, 3, 3),
}


def layout():
    """Shapes by name as the public checkpoint has them, written down by hand."""
    convolutions, mixes = STEM | MIXED, {}
    for name, (count, branches, mix) in BLOCKS.items():
        places = [f"{name}.{k}" for k in range(count)]
        places += ["block8"] if name == "repeat_3" else []
        for place in places:
            convolutions |= {f"{place}.{branch}": shape for branch, shape in branches.items()}
            mixes[f"{place}.conv2d"] = mix
    shapes = {f"{name}.conv.weight": shape for name, shape in convolutions.items()}
    widths = {f"{name}.bn": shape[0] for name, shape in convolutions.items()} | {"last_bn": 512}
    for name, width in widths.items():
        for part in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{name}.{part}"] = (width,)
        shapes[f"{name}.num_batches_tracked"] = ()
    for name, shape in mixes.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return shapes | {
        "last_linear.weight": (512, 1792),
        "logits.weight": (8631, 512),
        "logits.bias": (8631,),
    }


def made_up(name, shape, generator):
    """A parameter of a size that keeps the features' size, with plain normalisation."""
    if name.endswith("num_batches_tracked"):
        return torch.tensor(7)
    if name.endswith((".bn.weight", "last_bn.weight", "running_var")):
        return torch.ones(shape)
    if len(shape) == 1:
        return 0.1 * torch.randn(shape, generator=generator)
    weights = torch.randn(shape, generator=generator)
    return weights * (2 / weights[0].numel()) ** 0.5


@pytest.fixture(scope="module")
def tensors():
    generator = torch.Generator().manual_seed(0)
    return {name: made_up(name, shape, generator) for name, shape in layout().items()}


@pytest.fixture(scope="module")
def network(tensors):
    return InceptionResnetV1(tensors)


@pytest.fixture
def faces():
    return torch.rand(2, 3, 160, 160, generator=torch.Generator().manual_seed(1))


def test_the_layout_has_the_published_number_of_parameters():
    # OpenVINO's model zoo states 23.469 million for the part before the classes, with batch
    # normalisation folded into a shift and the convolutions.
    shapes = layout()
    trained = {
        name: torch.Size(shape).numel()
        for name, shape in shapes.items()
        if "running" not in name and "num_batches" not in name and "logits" not in name
    }

    assert len(shapes) == 716
    scales = sum(count for name, count in trained.items() if name.endswith("bn.weight"))
    assert (sum(trained.values()) - scales) / 1e6 == pytest.approx(23.469, abs=0.02)


def test_a_file_of_the_public_layout_is_read(tmp_path, tensors, faces, network):
    path = tmp_path / "vggface2.pt"
    torch.save(tensors, path)

    read = InceptionResnetV1.load(path)

    logits = read(faces)
    assert logits.shape == (2, 8631)
    assert logits.isfinite().all()
    assert torch.equal(logits, network(faces))
    assert not read.training
    assert not any(parameter.requires_grad for parameter in read.parameters())


def test_both_answers_come_from_the_same_features(network, tensors, faces):
    embeddings = network.embed(faces)

    assert embeddings.shape == (2, 512)
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(2))
    linear = network(faces) - tensors["logits.bias"]
    ratio = linear / (embeddings @ tensors["logits.weight"].T)
    torch.testing.assert_close(ratio, ratio[:, :1].expand_as(ratio), rtol=1e-2, atol=0)


def test_levels_are_centred_at_127_and_a_half_and_divided_by_128(network):
    seen = []
    handle = network.network.conv2d_1a.register_forward_pre_hook(lambda _, x: seen.append(x[0]))

    network(torch.tensor([0.0, 1.0]).view(2, 1, 1, 1).expand(2, 3, 160, 160))

    handle.remove()
    assert seen[0][0].unique().tolist() == pytest.approx([-127.5 / 128])
    assert seen[0][1].unique().tolist() == pytest.approx([127.5 / 128])


def test_the_maps_have_the_published_sizes(network, faces):
    sizes, handles = {}, []
    for name in ("repeat_1", "repeat_2", "repeat_3", "block8"):
        layer = network.network.get_submodule(name)
        handles.append(
            layer.register_forward_hook(
                lambda _, __, out, name=name: sizes.update({name: tuple(out.shape[1:])})
            )
        )

    network(faces)

    for handle in handles:
        handle.remove()
    assert sizes == {
        "repeat_1": (256, 17, 17),
        "repeat_2": (896, 8, 8),
        "repeat_3": (1792, 3, 3),
        "block8": (1792, 3, 3),
    }


def test_blocks_add_by_their_scales_and_the_last_one_is_not_rectified(network):
    layers = network.network

    scales = [layers.repeat_1[4].scale, layers.repeat_2[9].scale, layers.repeat_3[4].scale]
    assert scales == [0.17, 0.1, 0.2]
    assert (layers.block8.scale, layers.block8.last) == (1, True)
    assert not any(block.last for block in (*layers.repeat_1, *layers.repeat_2, *layers.repeat_3))


@pytest.mark.parametrize(("last", "expected"), [(False, [0.0, 2.0]), (True, [-0.5, 2.0])])
def test_a_block_adds_what_its_mix_makes_of_the_branches(last, expected):
    # The mix swaps the channels: -2 + 0.5 * 3 and 3 + 0.5 * -2.
    block = Residual((torch.nn.Identity(),), (2, 2), 0.5, last=last)
    block.conv2d.weight.data = torch.tensor([[0.0, 1.0], [1.0, 0.0]]).view(2, 2, 1, 1)
    block.conv2d.bias.data = torch.zeros(2)

    added = block(torch.tensor([-2.0, 3.0]).view(1, 2, 1, 1))

    assert added.flatten().tolist() == pytest.approx(expected)


def test_batch_normalisation_has_its_own_small_number():
    convolution = Convolution(1, 1, 1).eval()
    convolution.conv.weight.data.fill_(1)
    convolution.bn.running_var.fill_(0)

    assert convolution(torch.ones(1, 1, 1, 1)).item() == pytest.approx(1 / 0.001**0.5)


def test_the_gradient_reaches_the_face(network, faces):
    images = faces[:1].clone().requires_grad_()

    (gradient,) = torch.autograd.grad(network(images).logsumexp(dim=1).sum(), images)

    assert gradient.isfinite().all()
    assert (gradient != 0).float().mean() > 0.9


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"conv2d_1a.conv.weight": None},
            "32 x 3 x 3 x 3 numbers at conv2d_1a.conv.weight, got no",
        ),
        ({"repeat_2.9.branch1.1.bn.bias": None}, "128 numbers at repeat_2.9.branch1.1.bn.bias"),
        ({"logits.weight": torch.zeros(10575, 512)}, "8631 x 512 .* got 10575 x 512"),
        ({"repeat_2.10.conv2d.bias": torch.zeros(896)}, "nothing at repeat_2.10.conv2d.bias"),
        ({"last_bn.running_var": torch.full((512,), torch.nan)}, "at last_bn.running_var"),
    ],
)
def test_other_layouts_are_refused_by_the_first_difference(tensors, change, words):
    changed = {key: value for key, value in (tensors | change).items() if value is not None}

    with pytest.raises(WeightsError, match=words):
        InceptionResnetV1(changed)


def test_files_from_before_batches_were_counted_are_read(tensors, network, faces):
    old = {name: value for name, value in tensors.items() if "num_batches" not in name}

    assert torch.equal(InceptionResnetV1(old)(faces), network(faces))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(WeightsError, match=r"vggface2\.pt, which is none"):
        InceptionResnetV1.load(tmp_path / "vggface2.pt")


@pytest.mark.usefixtures("as_users_run_it")
def test_faces_of_another_size_are_refused(network):
    with pytest.raises(ImageError, match="faces must be 3 x 160 x 160"):
        network(torch.zeros(1, 3, 150, 150))
    with pytest.raises(ImageError, match="faces must be 3 x 160 x 160"):
        network.embed(torch.zeros(1, 1, 160, 160))
