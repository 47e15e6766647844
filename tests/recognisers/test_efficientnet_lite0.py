import sys
from types import ModuleType

import pytest
import torch

from sublimen.errors import ImageError, MissingExtraError, WeightsError
from sublimen.recognisers import EfficientNetLite0, efficientnet_lite0 as module

timm = pytest.importorskip("timm", reason="the extra imagenet brings timm")


@pytest.fixture(scope="module")
def tensors():
    """Random parameters by the package's kind of names, in the order of the layers."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    return {f"_{name}": tensor for name, tensor in network.state_dict().items()}


def test_made_up_weights_go_through_the_real_loading_code(tensors):
    network = EfficientNetLite0(tensors)

    logits = network(torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(1)))

    assert logits.shape == (2, 1000)
    assert logits.isfinite().all()
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert network.labels[282] == "tiger cat"


def test_level_127_is_black_and_level_255_is_one(tensors):
    network, seen = EfficientNetLite0(tensors), []
    network.network.network.conv_stem.register_forward_pre_hook(lambda _, x: seen.append(x[0]))

    network(torch.tensor([0.0, 127 / 255, 1.0]).view(3, 1, 1, 1).expand(3, 3, 32, 32))

    levels = seen[0][:, :, 8, 8]
    torch.testing.assert_close(levels[0], torch.full((3,), -127 / 128))
    torch.testing.assert_close(levels[1], torch.zeros(3))
    torch.testing.assert_close(levels[2], torch.ones(3))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda items: items[:-1], "must hold 296 tensors, got 295"),
        (lambda items: [items[1], items[0], *items[2:]], "must hold bn1.bias here|256|numbers at"),
        (lambda items: [("_conv_stem.bias", items[0][1]), *items[1:]], "conv_stem.weight here"),
        (
            lambda items: [(items[0][0], torch.zeros(32, 3, 5, 5)), *items[1:]],
            "32 x 3 x 3 x 3 numbers at conv_stem.weight, got 32 x 3 x 5 x 5",
        ),
    ],
)
def test_weights_of_another_layout_are_refused(tensors, damage, words):
    with pytest.raises(WeightsError, match=words):
        EfficientNetLite0(dict(damage(list(tensors.items()))))


@pytest.mark.usefixtures("as_users_run_it")
def test_pictures_too_small_for_five_halvings_are_refused(tensors):
    with pytest.raises(ImageError, match="at least 32 x 32"):
        EfficientNetLite0(tensors)(torch.zeros(1, 3, 31, 40))


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, module.PACKAGE, None)

    with pytest.raises(MissingExtraError, match=r"sublimen\[imagenet\]"):
        EfficientNetLite0.load()


def test_a_package_without_its_file_is_refused(monkeypatch, tmp_path):
    package = ModuleType(module.PACKAGE)
    package.__file__ = str(tmp_path / "__init__.py")
    monkeypatch.setitem(sys.modules, module.PACKAGE, package)

    with pytest.raises(WeightsError, match="got no such file"):
        EfficientNetLite0.load()
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / module.FILE).write_bytes(b"another")
    with pytest.raises(WeightsError, match="must have SHA-256 579344248a93"):
        EfficientNetLite0.load()


@pytest.fixture(scope="module")
def real():
    pytest.importorskip(module.PACKAGE, reason="the extra imagenet brings the weights")
    return EfficientNetLite0.load()


def picture(levels):
    """The middle square of a photo at 224 pixels, as the network was trained to see it."""
    from PIL import Image

    side = min(levels.shape[:2])
    top, left = (levels.shape[0] - side) // 2, (levels.shape[1] - side) // 2
    square = Image.fromarray(levels[top : top + side, left : left + side])
    small = square.resize((224, 224), Image.Resampling.BICUBIC)
    pixels = torch.tensor(list(small.tobytes()), dtype=torch.float32)
    return pixels.view(1, 224, 224, 3).permute(0, 3, 1, 2) / 255


@pytest.mark.weights
def test_a_cat_is_a_cat(real):
    data = pytest.importorskip("skimage.data", reason="scikit-image brings the pictures")

    found = real(picture(data.chelsea())).argmax().item()

    assert 281 <= found <= 285
    assert "cat" in real.labels[found]


@pytest.mark.weights
def test_it_knows_other_things_too(real):
    data = pytest.importorskip("skimage.data", reason="scikit-image brings the pictures")
    pictures = torch.cat([picture(levels) for levels in (data.coffee(), data.rocket())])

    found = [real.labels[k] for k in real(pictures).argmax(dim=1).tolist()]

    assert found == ["espresso", "missile"]


@pytest.mark.weights
def test_it_has_a_gradient(real, astronaut):
    images = picture(astronaut).requires_grad_()

    (gradient,) = torch.autograd.grad(real(images).logsumexp(dim=1).sum(), images)

    assert gradient.isfinite().all()
    assert gradient.abs().flatten(1).amax() > 0


@pytest.mark.weights
@pytest.mark.slow
def test_most_pictures_of_a_public_set_are_classified_right(real, data):
    import csv

    import numpy as np
    from PIL import Image

    with (data / "imagenet" / "nips17_labels.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    hits = 0
    for row in rows:
        with Image.open(data / "imagenet" / "nips17" / row["file"]) as opened:
            levels = np.array(opened.convert("RGB"))
        hits += real(picture(levels)).argmax().item() == int(row["true_index_0_999"])

    assert len(rows) >= 50
    assert hits / len(rows) >= 0.85
