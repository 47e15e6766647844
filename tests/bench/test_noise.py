import pytest
import torch

from sublimen.bench.noise import arranged, noisy
from sublimen.imaging.levels import from_bytes
from sublimen.jnd import ChouLi


@pytest.fixture(scope="module")
def image(astronaut):
    return from_bytes(astronaut[100:228, 100:228])


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def psnr(one, other):
    return -10 * (one - other).square().mean().log10().item()


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("wanted", [28.0, 32.0, 45.0])
@pytest.mark.parametrize("arrangement", ["shaped", "shuffled", "white"])
def test_noise_of_any_arrangement_has_the_psnr_that_was_asked_for(
    image, arrangement, wanted, shared
):
    jnd = arranged(ChouLi()(image), arrangement, seeded())

    found = noisy(image, jnd, wanted, seeded(), shared=shared)

    assert psnr(image, found) == pytest.approx(wanted, abs=0.02)
    assert torch.equal((found * 255).round() / 255, found)
    assert 0 <= found.min() <= found.max() <= 1


def test_shaped_noise_follows_its_map(image):
    jnd = torch.full_like(image, 1.0)
    jnd[..., 64:] = 3.0

    change = (noisy(image, jnd, 30.0, seeded(), shared=True) - image).abs()

    assert change[..., 64:].mean() / change[..., :64].mean() == pytest.approx(3, rel=0.1)


def test_amplitudes_between_two_levels_are_right_on_average():
    grey = torch.full((1, 1, 256, 256), 128 / 255)

    found = noisy(grey, torch.ones_like(grey), 40.0, seeded(), shared=True)

    levels = ((found - grey) * 255).round()
    assert set(levels.unique().tolist()) <= {-3.0, -2.0, 2.0, 3.0}
    # 40 dB are 2.55 levels; what rounding adds is taken off.
    assert levels.abs().mean().item() == pytest.approx(2.5, abs=0.03)
    assert abs(levels.mean().item()) < 0.03


def test_channels_share_their_sign_or_not(image):
    grey = torch.full_like(image, 0.5)
    flat = torch.ones_like(grey)

    shared, own = (
        (noisy(grey, flat, 28.0, seeded(), shared=s) - grey).sign() for s in (True, False)
    )

    assert torch.equal(shared[:, 0], shared[:, 2])
    assert 0.4 < (own[:, 0] == own[:, 2]).float().mean() < 0.6


def test_shuffling_moves_pixels_and_keeps_their_colour():
    jnd = torch.rand(1, 3, 32, 32, generator=seeded(1))

    found = arranged(jnd, "shuffled", seeded())

    assert not torch.equal(found, jnd)
    one, other = (sorted(map(tuple, planes.flatten(2)[0].T.tolist())) for planes in (found, jnd))
    assert one == other
    assert torch.equal(arranged(jnd, "shaped", seeded()), jnd)
    assert (arranged(jnd, "white", seeded()) == 1).all()


def test_shuffling_leaves_no_neighbours_together():
    ramp = torch.arange(64.0).expand(1, 1, 64, 64)

    found = arranged(ramp, "shuffled", seeded())

    # Two independent places of a ramp are a third of its length apart on average.
    assert found.diff(dim=3).abs().mean().item() == pytest.approx(64 / 3, rel=0.05)
    assert found.diff(dim=2).abs().mean().item() == pytest.approx(64 / 3, rel=0.05)


def test_the_same_seed_gives_the_same_noise(image):
    one, same, other = (
        noisy(image, torch.ones_like(image), 30.0, seeded(s), shared=True) for s in (1, 1, 2)
    )

    assert torch.equal(one, same)
    assert not torch.equal(one, other)
