import sys
from types import ModuleType

import pytest
import torch

from sublimen.errors import MissingExtraError
from sublimen.metrics.learned import BACKBONES, dists, lpips


@pytest.fixture
def images():
    return torch.full((2, 1, 64, 64), 0.5)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty place for what torch fetched before."""
    (tmp_path / "checkpoints").mkdir()
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    return tmp_path / "checkpoints"


@pytest.mark.parametrize(("metric", "name"), [(lpips, "lpips"), (dists, "dists")])
def test_without_weights_nothing_is_fetched(images, cache, metric, name):
    with pytest.raises(MissingExtraError, match=f"{name} needs {BACKBONES[name]}"):
        metric(images, images)

    assert not list(cache.iterdir())


@pytest.mark.parametrize(
    ("metric", "name", "module"), [(lpips, "lpips", "lpips"), (dists, "dists", "DISTS_pytorch")]
)
def test_with_weights_but_no_package_the_package_is_named(
    images, cache, monkeypatch, metric, name, module
):
    (cache / BACKBONES[name]).touch()
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(MissingExtraError, match=f"{module} is not installed"):
        metric(images, images)


@pytest.mark.parametrize(
    ("metric", "module", "kind"), [(lpips, "lpips", "LPIPS"), (dists, "DISTS_pytorch", "DISTS")]
)
def test_the_package_gets_colour_and_gives_one_number_an_image(
    images, cache, monkeypatch, metric, module, kind
):
    (cache / BACKBONES[module.partition("_")[0].lower()]).touch()
    package = ModuleType(module)

    def network(**_settings):
        return lambda one, other, **_: (one - other).abs().sum(dim=(1, 2, 3), keepdim=True)

    setattr(package, kind, network)
    monkeypatch.setitem(sys.modules, module, package)

    values = metric(images, images + torch.tensor([0.0, 0.25]).view(2, 1, 1, 1))

    assert values.tolist() == pytest.approx([0, 0.25 * 3 * 64 * 64])
