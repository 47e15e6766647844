import hashlib
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from sublimen.errors import WeightsError
from sublimen.imaging.levels import from_bytes
from sublimen.jnd import HvsSd, hvs_sd as module
from sublimen.jnd.map_network import Stages, untrained
from sublimen.metrics.ssimulacra2 import ssimulacra2
from tests.jnd.planes import as_images


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A file as training writes it, of a network that has learned nothing."""
    path = tmp_path_factory.mktemp("weights") / "own.safetensors"
    state = untrained(3).state_dict()
    state["unit"].fill_(0.5)
    save_file({n: v.half() if v.ndim else v for n, v in state.items()}, path)
    return path


@pytest.fixture
def images(portrait):
    return as_images(portrait, torch.float32)


def test_the_shipped_weights_are_those_on_record_and_small():
    content = module.SHIPPED.read_bytes()

    assert hashlib.sha256(content).hexdigest() == module.SHA256
    assert len(content) <= 8 * 2**20
    assert load_file(module.SHIPPED).keys() == Stages().state_dict().keys()


def test_the_map_is_that_of_both_stages(own, images):
    stages = untrained(3).requires_grad_(requires_grad=False)
    stages.load_state_dict({n: v.half().float() for n, v in stages.state_dict().items()})

    found = HvsSd(weights=own)(images)

    assert torch.allclose(found, 0.5 * stages(images), atol=1e-7)


def test_grey_pictures_get_the_mean_of_the_channels(own, camera):
    grey = as_images(camera, torch.float32)

    found = HvsSd(weights=own)(grey)

    assert found.shape == grey.shape
    colour = HvsSd(weights=own)(grey.expand(-1, 3, -1, -1))
    assert torch.allclose(found, colour.mean(dim=1, keepdim=True))


def test_large_pictures_are_reduced_and_their_map_enlarged(own, images, monkeypatch):
    seen = []
    monkeypatch.setattr(module, "AREA", 64 * 72)
    forward = Stages.forward

    def watched(self, image):
        seen.append(tuple(image.shape[2:]))
        return forward(self, image)

    monkeypatch.setattr(Stages, "forward", watched)

    found = HvsSd(weights=own)(images)

    assert found.shape == images.shape
    (size,) = seen
    assert size[0] * size[1] == pytest.approx(64 * 72, rel=0.05)
    assert size[0] / size[1] == pytest.approx(120 / 136, rel=0.03)


def test_padding_makes_no_difference(own, images):
    model = HvsSd(weights=own)

    assert torch.equal(model(images), replace(model, padding="zeros")(images))


def noisy(image, jnd, psnr=30.0):
    """Noise of random sign and of a map's profile at a PSNR."""
    signs = torch.randint(0, 2, image[:, :1].shape, generator=torch.Generator().manual_seed(0))
    profile = (signs * 2 - 1) * jnd / jnd.square().mean().sqrt()
    return (image + 10 ** (-psnr / 20) * profile).clamp(0, 1)


@pytest.mark.parametrize("name", ["chelsea", "coffee", "rocket"])
def test_it_beats_its_own_shuffled_map_and_the_untrained_network(name):
    skimage_data = pytest.importorskip("skimage.data", reason="scikit-image brings the picture")
    image = from_bytes(getattr(skimage_data, name)()[20:276, 100:356])
    jnd = HvsSd()(image)
    places = torch.randperm(256 * 256, generator=torch.Generator().manual_seed(1))
    shuffled = jnd.flatten(2)[:, :, places].view_as(jnd)
    raw = [untrained(seed).requires_grad_(requires_grad=False)(image) for seed in (0, 1, 2)]

    own, *others = (
        100 - ssimulacra2(image, noisy(image, profile)).item() for profile in (jnd, shuffled, *raw)
    )

    # A measure that it was not trained with.
    assert all(own < 0.95 * other for other in others)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda _: None, "no such file|No such file"),
        (lambda path: path.write_bytes(b"torn"), "written by sublimen train hvs-sd"),
        (
            lambda path: save_file({"unit": torch.ones(())}, path),
            "must hold 128 numbers at autoencoder.centre, got nothing",
        ),
        (
            lambda path: save_file({**untrained(0).state_dict(), "unit": torch.ones(2)}, path),
            "must hold one number at unit, got 2 numbers",
        ),
        (
            lambda path: save_file(
                {**untrained(0).state_dict(), "unit": torch.tensor(torch.nan)}, path
            ),
            "must hold finite floats",
        ),
    ],
    ids=["missing", "torn", "too few", "shape", "NaN"],
)
def test_other_files_are_refused_in_one_sentence(make, message, tmp_path, images):
    path = tmp_path / "weights.safetensors"
    make(path)

    with pytest.raises(WeightsError, match=message):
        HvsSd(weights=path)(images)


def test_shipped_weights_with_other_content_are_refused(own, images, monkeypatch):
    monkeypatch.setattr(module, "SHIPPED", own)
    module._stages.cache_clear()

    with pytest.raises(WeightsError, match="must have SHA-256"):
        HvsSd()(images)
    module._stages.cache_clear()


def test_shipped_weights_that_are_missing_are_named(images, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "SHIPPED", tmp_path / "gone.safetensors")
    module._stages.cache_clear()

    with pytest.raises(WeightsError, match=r"gone\.safetensors"):
        HvsSd()(images)
    module._stages.cache_clear()
