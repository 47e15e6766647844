import numpy as np
import pytest
import torch
from PIL import Image

from sublimen.attacks import Untargeted
from sublimen.bench.judge import Judge
from sublimen.bench.plan import Measures
from sublimen.errors import UnknownNameError
from sublimen.imaging.jpeg import jpeg
from sublimen.jnd import ChouLi
from sublimen.metrics import beyond_share, psnr
from tests.attacks.oracles import TwoSidedPlane, lattice

METRICS = ("psnr", "psnr_blue", "linf")


def judge(model=lambda images: images.flatten(1), **changes):
    chosen = {"metrics": METRICS, "jnd": "chou-li", "visible": False, "qualities": (90,)}
    return Judge(model, Measures(**{**chosen, **changes}))


@pytest.fixture
def original():
    return lattice(1, 3, 24, 24)


@pytest.fixture
def changed(original, tmp_path):
    """A file whose red is 9 levels from the original's."""
    levels = (original[0] * 255).round().to(torch.uint8).permute(1, 2, 0).numpy().copy()
    levels[..., 0] = np.where(levels[..., 0] < 128, levels[..., 0] + 9, levels[..., 0] - 9)
    path = tmp_path / "changed.png"
    Image.fromarray(levels).save(path)
    return path


def test_quality_is_that_of_the_file(original, changed):
    found = judge().qualities(original, changed)

    image = torch.from_numpy(np.array(Image.open(changed))).permute(2, 0, 1)[None] / 255
    assert list(found) == [*METRICS, "beyond_jnd"]
    assert found["psnr"] == pytest.approx(20 * np.log10(255 / 9) + 10 * np.log10(3), abs=1e-4)
    assert found["psnr"] == psnr(original, image).item()
    assert found["psnr_blue"] == float("inf")
    assert found["linf"] == pytest.approx(9)
    share = beyond_share(original, image, ChouLi()(original)).mean().item()
    assert found["beyond_jnd"] == pytest.approx(share)
    assert 0 < share < 1 / 3


def test_the_file_and_its_jpeg_are_shown_to_the_recogniser(changed):
    levels = np.array(Image.open(changed))
    pictures = {"png": levels, "jpeg-90": jpeg(levels, 90), "jpeg-30": jpeg(levels, 30)}
    images = {
        name: torch.from_numpy(found).permute(2, 0, 1)[None] / 255
        for name, found in pictures.items()
    }
    plane = TwoSidedPlane(torch.randn(3, 24, 24, generator=torch.Generator().manual_seed(0)))
    sides = {name: plane.side(image).item() for name, image in images.items()}
    plane.offset = (sides["png"] + sides["jpeg-30"]) / 2

    wanted = int(sides["png"] < sides["jpeg-30"])
    found = judge(plane).outcomes(changed, Untargeted(torch.tensor([1 - wanted])), 30)

    expected = {name: int(plane.side(i).item() < 0) == wanted for name, i in images.items()}
    assert found == expected
    assert list(found) == ["png", "jpeg-90", "jpeg-30"]
    assert found["png"] != found["jpeg-30"]


def test_a_margin_must_be_kept_in_the_file(changed):
    def lead(images):
        return torch.tensor([[0.0, 1.5]]).expand(len(images), -1)

    near = judge(lead).outcomes(changed, Untargeted(torch.tensor([0]), margin=1.0))
    far = judge(lead).outcomes(changed, Untargeted(torch.tensor([0]), margin=2.0))

    assert near == {"png": True, "jpeg-90": True}
    assert far == {"png": False, "jpeg-90": False}


@pytest.mark.weights
def test_meters_read_every_file_if_they_are_wanted(original, changed, tmp_path):
    same = tmp_path / "same.png"
    levels = (original[0] * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    Image.fromarray(levels).save(same)
    seeing = judge(visible=True)

    assert seeing.qualities(original, changed)["visibility"] > 0.1
    assert seeing.qualities(original, same)["visibility"] == 0


def test_a_metric_that_is_none_is_refused():
    with pytest.raises(UnknownNameError, match="no metric 'psrn'; did you mean psnr"):
        judge(metrics=("psrn",))
