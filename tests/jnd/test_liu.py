import numpy as np
import pytest
import torch

from sublimen.jnd import Liu, in_tiles
from sublimen.jnd.base import Whole
from sublimen.jnd.luminance import background, luminance_adaptation, strongest_gradient
from tests.jnd import oracles, oracles_liu
from tests.jnd.planes import as_images, as_mask, in_levels

PADDINGS = ["reflect", "zeros"]
VARIANTS = ["paper", "code"]
NAMES = ["camera256", "coffee_y"]
LEAST_ENERGIES = {"camera256": 615349.6, "coffee_y": 1083559.6}
"""Of the structure images, found by exact cuts in another program."""


@pytest.fixture(scope="module")
def structure(camera):
    """The structure image of the photo, in levels."""
    return Liu().edges(as_images(camera)).squeeze().numpy()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("padding", PADDINGS)
def test_the_map_is_that_of_a_second_implementation(camera, structure, padding, variant):
    found = in_levels(Liu(padding=padding, variant=variant)(as_images(camera)))

    expected = oracles_liu.liu(camera, structure, variant, padding)
    assert np.abs(found - expected).max() < 1e-10


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("padding", PADDINGS)
def test_the_map_is_that_of_a_loop_over_pixels(camera, structure, padding, variant):
    crop, part = camera[30:60, 70:110], structure[30:60, 70:110]
    model = Liu(padding=padding, variant=variant)

    found = in_levels(model(as_images(crop), edges=as_mask(part)))

    expected = oracles_liu.liu_loop(crop, part, variant, padding)
    assert np.abs(found - expected).max() < 1e-10


def test_a_primal_dual_iteration_comes_close_to_the_structure_from_above(camera, structure):
    iterated = oracles_liu.primal_dual(camera, 600)

    reached, least = (oracles_liu.energy(u, camera) for u in (iterated, structure))
    assert least <= reached <= 1.001 * least
    assert oracles_liu.energy(camera, camera) > 1.3 * least
    maps = [oracles_liu.liu(camera, u, "code") for u in (iterated, structure)]
    assert np.abs(maps[0] - maps[1]).mean() < 0.05


@pytest.mark.parametrize("level", [0, 60, 127, 255])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_flat_field_has_its_threshold_of_luminance(level, variant):
    flat = torch.full((1, 1, 16, 16), level / 255, dtype=torch.float64)

    found = in_levels(Liu(variant=variant)(flat))

    # The released line is at 0.5 levels in black and below zero, so cut off, from 50 on.
    line = 2.1 * 0.5 if (variant, level) == ("code", 0) else 0
    assert found == pytest.approx(oracles.adaptation_at(level) + 0.7 * line, abs=1e-9)


@pytest.mark.parametrize(("variant", "beside"), [("paper", 5.6305), ("code", 3.5151)])
def test_a_dot_masks_as_computed_by_hand(variant, beside):
    picture = np.full((20, 20), 127.0)
    picture[10, 10] = 147

    found = in_levels(Liu(variant=variant)(as_images(picture)))

    # All of it is texture, with a slope of 8 / 16 * 20 = 10. The background is 127 + 40 / 32 =
    # 128.25, luminance adaptation 3 + 3 / 128 * 1.25 = 3.0293.
    # Printed: 3.51 + 0.7 * 3.0293. Released: 1.4 * (1.27825 + 0.5 - 1.2825) = 0.6941, by 0.7.
    assert found[10, 9] == pytest.approx(beside, abs=1e-4)


@pytest.mark.parametrize(("variant", "beside"), [("paper", 25.8076), ("code", 9.4076)])
def test_a_step_masks_as_computed_by_hand(variant, beside):
    picture = np.full((30, 30), 27.0)
    picture[:, 15:] = 227

    found = in_levels(Liu(variant=variant)(as_images(picture)))

    # All of it is structure, with a slope of 200. The background is 27 + 200 * 19 / 32 = 145.75,
    # luminance adaptation 3 + 3 / 128 * 18.75 = 3.4395, of which seven tenths count.
    # Printed: 23.4. Released: 25.9 - 0.96, cut off at 10, by 0.7; texture is below zero.
    assert found[15, 15] == pytest.approx(beside, abs=1e-4)


def test_a_dot_is_texture_and_a_step_is_structure():
    picture = np.full((30, 40), 50.0)
    picture[:, 20:] = 200
    picture[12:15, 8:11] = 90

    found = Liu().edges(as_images(picture)).squeeze().numpy()

    picture[12:15, 8:11] = 50
    assert found == pytest.approx(picture)


def test_the_structure_may_be_handed_in(camera, structure):
    images, model = as_images(camera), Liu()
    given = model.edges(images)
    blurred = as_mask(np.roll(structure, 1, axis=1))

    assert torch.equal(model(images, edges=given), model(images))
    assert torch.equal(model.threshold(images, Whole()), model(images))
    expected = oracles_liu.liu(camera, np.roll(structure, 1, axis=1), "paper")
    assert np.abs(in_levels(model(images, edges=blurred)) - expected).max() < 1e-10


def test_strips_take_their_rows_of_a_structure_that_is_handed_in(astronaut):
    images = as_images(astronaut[:200, 100:200], torch.float32)
    given = Liu().edges(images).roll(3, dims=2)

    strips = in_tiles(Liu(), images, edges=given)

    assert torch.equal(strips, Liu()(images, edges=given))
    assert not torch.equal(strips, Liu()(images))


def test_the_structure_is_the_same_in_both_precisions_and_has_no_gradient(camera):
    images = as_images(camera).requires_grad_()

    double, single = Liu().edges(images), Liu().edges(images.detach().float())

    assert not double.requires_grad
    assert (double - single).abs().max() < 1e-4
    assert single.dtype == torch.float32


def test_the_gradient_is_that_of_texture_alone():
    """A dot of 20 levels next to which it makes the only slope."""
    spot = np.full((20, 20), 127.0)
    spot[10, 10] = 147
    images = as_images(spot).requires_grad_()

    jnd = Liu()(images)
    (gradient,) = torch.autograd.grad(jnd[0, 0, 10, 9] * 255, images)

    # Masking of 0.351 * 8 / 16 per level, in luminance too, which overlaps: the smaller one of
    # masking (3.51) and luminance adaptation (3.12) is the latter, with 0.7 of 3 / 128 * 2 / 32.
    assert gradient[0, 0, 10, 10].item() / 255 == pytest.approx(0.351 / 2 + 0.7 * 3 / 128 / 16)


@pytest.fixture(scope="module", params=NAMES)
def program(request, reference):
    """A picture, its structure, and what the authors' program made of it with exact cuts."""
    levels = np.load(reference / "jnd" / "inputs_gray.npz")[request.param]
    outputs = np.load(reference / "jnd" / "liu2010.npz")
    structure = Liu().edges(as_images(levels)).squeeze().numpy()

    def output(quantity):
        return outputs[f"{request.param}__{quantity}"].astype(float)

    return levels.astype(float), structure, output, LEAST_ENERGIES[request.param]


def test_given_its_structure_the_map_is_that_of_the_authors_program(program):
    levels, _, output, _ = program
    model = Liu(padding="zeros", variant="code")

    found = in_levels(model(as_images(levels), edges=as_mask(output("I_s"))))

    assert np.abs(found - output("JND")).max() < 2e-6


def test_the_structure_has_the_energy_of_the_authors_and_is_the_largest(program):
    levels, structure, output, least = program

    assert oracles_liu.energy(structure, levels) == pytest.approx(least, rel=1e-9)
    assert oracles_liu.energy(output("I_s"), levels) == pytest.approx(least, rel=1e-9)
    assert (structure >= output("I_s") - 1e-9).all()
    assert np.mean(structure > output("I_s") + 0.5) < 0.03


def test_every_stage_and_the_map_are_the_authors_but_where_structures_tie(program):
    levels, structure, output, _ = program
    model = Liu(padding="zeros", variant="code")

    def slope(part):
        return strongest_gradient(as_mask(part), "zeros").squeeze().numpy()

    found = {
        "JNDl": luminance_adaptation(background(as_mask(levels), "zeros")).squeeze().numpy(),
        "Gm_e": slope(structure),
        "Gm_t": slope(levels - structure),
        "JND": in_levels(model(as_images(levels), edges=as_mask(structure))),
    }

    off = {quantity: np.abs(values - output(quantity)) for quantity, values in found.items()}
    assert off["JNDl"].max() < 2e-6
    assert off["Gm_e"].mean() < 0.07
    assert off["Gm_t"].mean() < 0.06
    assert off["JND"].mean() < 0.006
    assert np.mean(off["JND"] > 1e-3) < 0.08
