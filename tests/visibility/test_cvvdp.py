import sys

import pytest
import torch

from sublimen.errors import MissingExtraError
from sublimen.imaging.levels import from_bytes
from sublimen.visibility import Cvvdp
from sublimen.visibility.cvvdp import program
from sublimen.visibility.displays import DISPLAYS


@pytest.fixture
def pair(astronaut, generator):
    reference = from_bytes(astronaut[0:200, 100:331])
    noise = torch.randn(reference.shape, generator=generator) / 40
    return reference, (reference + noise).clamp(0, 1)


@pytest.mark.parametrize("display", DISPLAYS.values(), ids=DISPLAYS)
@pytest.mark.parametrize("strength", [0.05, 0.3, 1.0])
def test_with_its_half_computed_once_it_is_the_program(pair, display, strength):
    reference, distorted = pair
    distorted = reference + strength * (distorted - reference)

    expected, _ = program(display).predict(distorted, reference, dim_order="BCHW")

    assert Cvvdp(display=display)(reference, distorted).item() == pytest.approx(
        expected.item(), abs=1e-5
    )


def test_its_gradient_is_that_of_the_programs_loss(pair):
    reference, distorted = pair
    leaf = distorted.requires_grad_()
    loss = program(DISPLAYS["standard_fhd"]).loss(leaf, reference, dim_order="BCHW")
    (expected,) = torch.autograd.grad(loss, leaf)

    (gradient,) = torch.autograd.grad(Cvvdp()(reference, leaf).sum(), leaf)

    # Where both pictures have the same contrast up to rounding, the slope of |t - o| is a matter
    # of the last bit; elsewhere the two are the same.
    close = torch.isclose(-gradient, expected, atol=1e-5 * expected.abs().max(), rtol=1e-3)
    assert close.float().mean() > 0.98
    assert torch.cosine_similarity(-gradient.flatten(), expected.flatten(), dim=0) > 0.9999


def test_grey_is_a_picture_of_three_equal_channels(pair):
    grey, changed = (images[:, :1] for images in pair)

    colour = Cvvdp()(grey.expand(-1, 3, -1, -1), changed.expand(-1, 3, -1, -1))

    torch.testing.assert_close(Cvvdp()(grey, changed), colour)


def test_without_the_program_the_extra_is_named(monkeypatch):
    program.cache_clear()
    monkeypatch.setitem(sys.modules, "pycvvdp", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'sublimen\[cvvdp\]'"):
        Cvvdp().check()


def test_a_program_that_does_not_load_says_why(monkeypatch):
    def broken(_name):
        raise RuntimeError("operator torchvision::nms does not exist")

    program.cache_clear()
    monkeypatch.setattr("sublimen.checks.import_module", broken)

    with pytest.raises(MissingExtraError, match=r"does not load; reinstall .*nms does not exist"):
        Cvvdp().check()
