import socket
from pathlib import Path

import pytest
import torch

from sublimen.errors import MissingExtraError, ModelError, UnknownNameError, WeightsError
from sublimen.recognisers.by_library import timm_classifier, torchvision_classifier

timm = pytest.importorskip("timm", reason="the extra imagenet brings timm")
torchvision = pytest.importorskip("torchvision", reason="the extra imagenet brings torchvision")
hub = pytest.importorskip("huggingface_hub", reason="timm brings it")

TINY = "test_efficientnet"


@pytest.fixture(autouse=True)
def disk(tmp_path, monkeypatch):
    """Empty caches, and a network that nobody may use."""

    def refused(*_):
        raise AssertionError("somebody went to the network")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    monkeypatch.setattr(hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path / "torch"))
    (tmp_path / "torch" / "checkpoints").mkdir(parents=True)
    return tmp_path


def in_hub(disk, network, name="model.safetensors"):
    """Puts a network's parameters where the hub's own client would."""
    from safetensors.torch import save_file

    place = disk / "hub" / f"models--timm--{TINY}.r160_in1k"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text("abc")
    (place / "snapshots" / "abc").mkdir(parents=True)
    path = place / "snapshots" / "abc" / name
    if name.endswith(".bin"):
        torch.save(network.state_dict(), path)
    else:
        save_file(network.state_dict(), path)
    return path


def seeded(make):
    """A network of random parameters that no other test shares."""
    with torch.random.fork_rng():
        torch.manual_seed(5)
        return make().eval()


@pytest.fixture(scope="module")
def tiny():
    return seeded(lambda: timm.create_model(TINY))


@pytest.fixture(scope="module")
def squeezenet():
    return seeded(torchvision.models.squeezenet1_1)


def normalised(images):
    """By the mean and deviation of ImageNet."""
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    return (images - mean) / torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


@pytest.fixture
def images(generator):
    return torch.rand(2, 3, 96, 96, generator=generator)


@pytest.mark.parametrize("file", ["model.safetensors", "pytorch_model.bin"])
@pytest.mark.parametrize("name", [TINY, f"{TINY}.r160_in1k"])
def test_a_timm_network_in_the_cache_is_found(disk, tiny, images, name, file):
    in_hub(disk, tiny, file)

    recogniser = timm_classifier(name)

    torch.testing.assert_close(recogniser.model(images), tiny(normalised(images)))
    assert (recogniser.name, recogniser.side) == (f"timm:{name}", 160)
    assert recogniser.labels[285] == "Egyptian cat"
    assert "apache-2.0" in recogniser.source
    assert not any(parameter.requires_grad for parameter in recogniser.model.parameters())


def test_a_torchvision_network_in_the_cache_is_found(disk, squeezenet, images):
    path = disk / "torch" / "checkpoints" / "squeezenet1_1-b8a52dc0.pth"
    torch.save(squeezenet.state_dict(), path)

    recogniser = torchvision_classifier("squeezenet1_1")

    torch.testing.assert_close(recogniser.model(images), squeezenet(normalised(images)))
    assert (recogniser.name, recogniser.side) == ("torchvision:squeezenet1_1", 224)
    assert recogniser.labels[285] == "Egyptian cat"
    assert not any(parameter.requires_grad for parameter in recogniser.model.parameters())


def test_of_two_sets_of_weights_the_one_on_disk_counts(disk):
    network = seeded(lambda: torchvision.models.mobilenet_v2(num_classes=1000))
    torch.save(network.state_dict(), disk / "torch" / "checkpoints" / "mobilenet_v2-b0353104.pth")

    recogniser = torchvision_classifier("mobilenet_v2")

    assert "IMAGENET1K_V1" in recogniser.source


def test_absent_weights_are_refused_with_the_places(disk):
    with pytest.raises(
        WeightsError, match=r"weights of test_efficientnet must be on disk"
    ) as timms:
        timm_classifier(TINY)
    with pytest.raises(WeightsError, match="weights of squeezenet1_1 must be on disk") as visions:
        torchvision_classifier("squeezenet1_1")

    assert str(disk / "hub" / f"models--timm--{TINY}.r160_in1k") in str(timms.value)
    assert str(disk / "torch" / "checkpoints" / "squeezenet1_1-b8a52dc0.pth") in str(visions.value)


def test_a_file_of_another_network_is_refused(disk, tiny):
    in_hub(disk, torch.nn.Linear(2, 2))
    path = disk / "torch" / "checkpoints" / "squeezenet1_1-b8a52dc0.pth"
    torch.save(tiny.state_dict(), path)

    with pytest.raises(WeightsError, match="must hold the weights of test_efficientnet"):
        timm_classifier(TINY)
    with pytest.raises(WeightsError, match="must hold the weights of squeezenet1_1"):
        torchvision_classifier("squeezenet1_1")


class Trap:
    """A pickle that runs code when it is read."""

    def __reduce__(self):
        return (print, ("run",))


def test_files_cannot_run_code(disk, capsys):
    place = in_hub(disk, torch.nn.Linear(2, 2), "pytorch_model.bin")
    path = disk / "torch" / "checkpoints" / "squeezenet1_1-b8a52dc0.pth"
    for file in (place, path):
        torch.save({"a": Trap()}, file)

    with pytest.raises(WeightsError):
        timm_classifier(TINY)
    with pytest.raises(WeightsError, match="tensors alone"):
        torchvision_classifier("squeezenet1_1")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("load", "name", "words"),
    [
        (timm_classifier, "test_efficientnett", "no timm model .* did you mean test_efficientnet"),
        (timm_classifier, f"{TINY}.mine", "did you mean test_efficientnet.r160_in1k"),
        (torchvision_classifier, "resnet5", "no torchvision classifier .* did you mean resnet50"),
        (torchvision_classifier, "fasterrcnn_resnet50_fpn", "no torchvision classifier"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest(load, name, words):
    with pytest.raises(UnknownNameError, match=words):
        load(name)


def test_a_network_without_classes_is_refused(disk, monkeypatch):
    monkeypatch.setattr(timm, "create_model", lambda *_, **__: timm_without_classes())
    (disk / "file").write_bytes(b"")
    monkeypatch.setattr(
        timm, "get_pretrained_cfg", lambda _: timm.models.PretrainedCfg(file=str(disk / "file"))
    )

    with pytest.raises(ModelError, match="must have classes"):
        timm_classifier(TINY)


def timm_without_classes():
    network = torch.nn.Flatten()
    network.num_classes = 0
    return network


def test_networks_for_which_nothing_is_published_say_so(monkeypatch):
    monkeypatch.setattr(timm, "get_pretrained_cfg", lambda _: None)

    with pytest.raises(WeightsError, match="nothing at no place, as none are published"):
        timm_classifier(TINY)


@pytest.mark.parametrize(
    ("load", "module"), [(timm_classifier, "timm"), (torchvision_classifier, "torchvision")]
)
def test_a_missing_library_is_named(monkeypatch, load, module):
    monkeypatch.setitem(__import__("sys").modules, module, None)

    with pytest.raises(MissingExtraError, match=r"sublimen\[imagenet\]"):
        load("resnet50")


def test_nothing_is_left_in_the_caches(disk):
    with pytest.raises(WeightsError):
        timm_classifier(TINY)

    assert not [path for path in Path(disk).rglob("*") if path.is_file()]
