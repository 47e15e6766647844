import numpy as np
import pytest
import torch
from scipy import stats

from sublimen.jnd import Klt, in_tiles, klt as stages
from sublimen.jnd.base import Whole
from sublimen.jnd.wu_2017 import edge_protection
from tests.jnd import oracles, oracles_klt as second
from tests.jnd.planes import as_images, as_mask, in_levels

PADDINGS = ["reflect", "zeros"]
NAMES = ["camera256", "coffee_y"]


def plane(values):
    return torch.as_tensor(np.asarray(values), dtype=torch.float64)[None]


def rest_of(levels):
    """What is left of a plane before edges are protected."""
    tensor = plane(levels)
    return stages.applied(stages.residual(tensor), tensor)[0].numpy()


@pytest.mark.parametrize("padding", PADDINGS)
def test_the_map_is_that_of_a_second_implementation(camera, padding):
    found = in_levels(Klt(padding=padding)(as_images(camera)))

    expected = second.klt(camera, padding=padding)
    assert 1 < expected["thr"] < 64
    assert np.abs(found - expected["kj"]).max() < 1e-8


@pytest.mark.parametrize("size", [(144, 208), (141, 203), (137, 201), (65, 72), (40, 47), (16, 23)])
def test_sizes_of_all_kinds_are_those_of_a_second_implementation(camera, size):
    crop = camera[: size[0], -size[1] :]
    edges = np.zeros(size, bool)

    found = in_levels(Klt()(as_images(crop), edges=as_mask(edges)))

    assert np.abs(found - second.klt(crop, edges)["kj"]).max() < 1e-6


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("size", [(68, 70), (30, 34)])
def test_the_map_is_that_of_a_loop_over_patches(camera, size, padding):
    crop = camera[30 : 30 + size[0], 70 : 70 + size[1]]
    edges = oracles.canny(crop, 0.5)

    found = in_levels(Klt(padding=padding)(as_images(crop), edges=as_mask(edges)))

    assert edges.any()
    assert found.max() > 1
    assert np.abs(found - second.klt_loop(crop, edges, padding)).max() < 1e-6


def test_a_colour_photo_is_taken_apart_in_luma(portrait):
    found = Klt()(as_images(portrait))[0].numpy() * 255

    expected = second.klt(portrait @ np.array([0.299, 0.587, 0.114]))["kj"]
    assert np.abs(found - expected).max() < 1e-8


def test_the_edges_and_their_protection_are_those_of_wu_et_al_of_2017(camera):
    images, model = as_images(camera), Klt()
    edges = model.edges(images)

    protection = edge_protection(edges, "reflect", images)

    assert (edges[0, 0].numpy() == second.edges_of(camera)).all()
    assert torch.equal(model(images, edges=protection), model(images, edges=edges))
    everywhere = model(images, edges=torch.ones_like(edges))
    assert everywhere.max() == 0


def test_patterns_stand_at_right_angles_and_hold_all_energy(camera):
    mean, products = stages.moments(plane(camera))

    patterns, energies = stages.patterns_of(mean, products)

    assert (patterns.T @ patterns - torch.eye(64)).abs().max() < 1e-12
    assert energies.sum().item() == pytest.approx((camera**2).sum() / (18 * 26))
    varied = patterns.T @ (products - torch.outer(mean, mean)) @ patterns
    assert (varied.diagonal().diff() <= 1e-9).all()


def test_the_critical_point_is_a_mean_of_ranks_weighted_by_a_weibull_density(generator):
    energies = torch.rand(64, generator=generator, dtype=torch.float64) ** 8
    energies = energies.sort(descending=True).values
    energies[0] = 500

    found = stages.critical_point(energies)

    shares = np.cumsum(energies.numpy()) / energies.sum().item()
    weights = stats.weibull_min.pdf(shares, 894.16, scale=0.99805)
    assert found == np.ceil((np.arange(1, 65) * weights).sum() / weights.sum())
    assert 1 < found < 64


def test_energy_all_in_the_first_pattern_weighs_all_ranks_alike():
    energies = torch.zeros(64, dtype=torch.float64)
    energies[0] = 7

    # The mean of 1 to 64 is 32.5.
    assert stages.critical_point(energies) == 33


def test_energy_spread_evenly_keeps_every_pattern():
    assert stages.critical_point(torch.ones(64, dtype=torch.float64)) == 64


@pytest.mark.parametrize("level", [0, 1, 128, 255])
@pytest.mark.parametrize("size", [16, 64, 70])
def test_nothing_is_taken_from_a_flat_field(level, size):
    flat = torch.full((1, 3, size, size), level / 255)

    assert Klt()(flat).max() * 255 < 1e-4


def test_patterns_that_do_not_vary_are_left_alone(camera):
    stripes = np.tile(np.tile([0.0, 255], 36), (72, 1))
    patch = np.tile(camera[40:48, 80:88], (9, 9))
    two = patch.copy()
    two[:24] = 255 - two[:24]

    for picture in (stripes, patch, two):
        assert np.abs(rest_of(picture)).max() < 1e-4


def test_patches_of_few_patterns_leave_what_the_least_of_them_hold(generator):
    patterns = torch.linalg.qr(torch.randn(64, 4, generator=generator, dtype=torch.float64))[0]
    amounts = torch.randn(4, 900, generator=generator, dtype=torch.float64)
    amounts -= amounts.mean(dim=1, keepdim=True)
    amounts *= torch.tensor([500.0, 0.5, 0.4, 0.3])[:, None]
    patches = patterns @ amounts
    products = patches @ patches.T / 900

    found, energies = stages.patterns_of(patches.mean(dim=1), products)

    # Sixty zeros follow, whose basis is arbitrary and not used.
    assert energies[:4].tolist() == pytest.approx(
        torch.linalg.eigvalsh(products).flip(0)[:4].tolist()
    )
    assert (found[:, 5:] == 0).all()
    assert (found[:, :4] @ found[:, :4].T @ patches - patches).abs().max() < 1e-9


def test_few_patches_are_taken_at_every_place(camera):
    small, large = plane(camera[:56, :64]), plane(camera[:64, :64])

    means = [stages.moments(levels)[0].numpy() for levels in (small, large)]

    windows = np.lib.stride_tricks.sliding_window_view(camera[:56, :64], (8, 8))
    assert means[0] == pytest.approx(windows.mean(axis=(0, 1)).ravel())
    blocks = camera[:64, :64].reshape(8, 8, 8, 8)
    assert means[1] == pytest.approx(blocks.mean(axis=(0, 2)).ravel())


def test_the_basis_does_not_depend_on_the_strips_it_is_summed_in(camera, monkeypatch):
    whole = stages.residual(plane(camera))
    monkeypatch.setattr(stages, "STRIP", 5)

    assert torch.allclose(stages.residual(plane(camera)), whole, atol=1e-9)


def test_a_basis_may_be_taken_from_another_picture(camera):
    images, model = as_images(camera), Klt()
    whole = model.prepare(images, None)

    flipped = model.part(images.flip(3), whole)

    assert whole.statistics.shape == (1, 64, 64)
    assert torch.equal(model.part(images, whole), model(images))
    assert not torch.equal(flipped, model(images.flip(3)))
    assert torch.equal(model.threshold(images, Whole(edges=whole.edges)), model(images))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [(256, 512), (300, 517), (1000, 24)])
def test_strips_give_the_very_bits_of_the_whole(generator, dtype, size):
    images = torch.rand(2, 1, *size, generator=generator).to(dtype).cumsum(dim=3) / size[1]

    strips = in_tiles(Klt(), images)

    assert strips.max() > 0
    assert torch.equal(strips, Klt()(images))


def test_the_gradient_is_what_a_fixed_basis_leaves(camera):
    images = as_images(camera[:64, 60:124]).requires_grad_()
    whole = Klt().prepare(images.detach(), torch.ones(1, 1, 64, 64, dtype=torch.float64))

    (gradient,) = torch.autograd.grad(Klt().part(images, whole).sum(), images)

    signs = np.sign(rest_of(camera[:64, 60:124]))
    expected = stages.applied(whole.statistics[0], plane(signs))[0].numpy()
    assert gradient[0, 0].numpy() == pytest.approx(expected, abs=1e-9)


@pytest.fixture
def program(reference):
    """Inputs and outputs of the authors' program."""
    inputs, outputs = (np.load(reference / "jnd" / f"{f}.npz") for f in ("inputs_gray", "klt"))

    def stage(name, quantity):
        found = inputs[name] if quantity == "input" else outputs[f"{name}__ml__{quantity}"]
        return found.astype(float)

    return stage


@pytest.mark.parametrize("name", NAMES)
def test_every_stage_is_that_of_the_authors_program(program, name):
    levels = program(name, "input")

    _, energies = stages.patterns_of(*stages.moments(plane(levels)))
    rest = rest_of(levels)

    shares = (energies / energies.sum()).numpy()
    assert shares == pytest.approx(program(name, "p").ravel(), rel=1e-5)
    assert stages.critical_point(energies) == program(name, "thr")
    assert np.abs(levels - rest - program(name, "CPL")).max() < 1e-4
    assert np.abs(np.abs(rest) - program(name, "raw")).max() < 1e-5


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", NAMES)
def test_the_map_is_that_of_the_authors_program_given_its_edge_protection(program, name, dtype):
    images = as_images(program(name, "input"), dtype)
    protection = plane(program(name, "ep"))[None]

    found = in_levels(Klt(padding="zeros")(images, edges=protection))

    assert np.abs(found - program(name, "kj")).max() < 1e-4


@pytest.mark.parametrize("name", NAMES)
def test_with_its_own_edges_no_sample_is_off_the_authors_program(program, name):
    images = as_images(program(name, "input"))

    found = in_levels(Klt(padding="zeros")(images))

    assert np.mean(np.abs(found - program(name, "kj")) > 1e-3) == 0
