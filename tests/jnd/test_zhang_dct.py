import numpy as np
import pytest
import torch

from sublimen.errors import ImageError
from sublimen.jnd import ZhangDct, in_tiles, tiles, zhang_dct as stages
from tests.jnd import oracles_zhang_dct as oracles
from tests.jnd.planes import as_images, in_levels

PADDINGS = ["reflect", "zeros"]
VARIANTS = ["code", "paper"]
NAMES = ["camera256", "coffee_y"]


def thresholds(levels, **settings):
    """Those of the coefficients, in levels."""
    return in_levels(ZhangDct(**settings).coefficients(as_images(levels)))


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("padding", PADDINGS)
def test_thresholds_and_map_are_those_of_a_second_implementation(camera, padding, variant):
    crop = camera[:141, :203]
    settings = {"padding": padding, "variant": variant}

    expected, expected_map = oracles.zhang_dct(crop, **settings)

    assert np.abs(thresholds(crop, **settings) - expected).max() < 1e-11
    assert np.abs(in_levels(ZhangDct(**settings)(as_images(crop))) - expected_map).max() < 1e-11


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("padding", PADDINGS)
def test_thresholds_and_map_are_those_of_a_loop_over_coefficients(camera, padding, variant):
    crop = camera[30:65, 70:115]
    settings = {"padding": padding, "variant": variant}

    expected, expected_map = oracles.zhang_dct_loop(crop, **settings)

    assert np.abs(thresholds(crop, **settings) - expected).max() < 1e-11
    assert np.abs(in_levels(ZhangDct(**settings)(as_images(crop))) - expected_map).max() < 1e-11


@pytest.mark.parametrize("variant", VARIANTS)
def test_noise_of_every_strength_is_classified_alike(variant):
    noise = np.random.default_rng(0).uniform(-1, 1, (8, 1600))
    levels = 128 + noise * np.linspace(0, 127, 200).repeat(8)

    found = thresholds(levels.repeat(2, axis=0), variant=variant)

    expected, _ = oracles.zhang_dct(levels.repeat(2, axis=0), variant=variant)
    assert np.abs(found / expected - 1).max() < 1e-12


def test_base_thresholds_have_the_values_of_their_formula():
    table = np.array(stages.base_thresholds()).reshape(8, 8)

    # Horizontal frequency 3: 3 / 16 / 0.0298 = 6.292 cycles per degree; 6.78 (65 / 300)^0.182 =
    # 5.132 is the best seen one; the slope is 3.125 (65 / 300)^0.0706 = 2.8053.
    contrast = 0.25 * 65 / 94.7 * 10 ** (2.8053 * np.log10(6.292 / 5.132) ** 2)
    assert table[0, 3] == pytest.approx(256 * contrast / (130 * np.sqrt(1 / 8) / 2), rel=2e-4)
    # On the diagonal the direction is oblique: cos(90 degrees) = 0.
    frequency = np.sqrt(2) / 16 / 0.0298
    contrast = 0.25 * 65 / 94.7 / 0.6 * 10 ** (2.8053 * np.log10(frequency / 5.132) ** 2)
    assert table[1, 1] == pytest.approx(256 * contrast / (130 / 4), rel=2e-4)
    assert table[0, 0] == table[0, 1] == table[1, 0]
    assert (table == table.T).all()


@pytest.mark.parametrize(
    ("level", "adaptation"),
    [(0, 3), (64, 2 / 8 + 1), (128, 1), (192, 0.8 / 4 + 1), (255, 0.8 * (127 / 128) ** 2 + 1)],
)
def test_flat_fields_have_the_base_thresholds_adapted_to_their_luminance(level, adaptation):
    table = np.array(stages.base_thresholds()).reshape(8, 8)

    found = thresholds(np.full((16, 16), float(level)))
    jnd = in_levels(ZhangDct()(as_images(np.full((16, 16), float(level)))))

    assert found[8:, :8] == pytest.approx(0.3 * adaptation * table)
    assert jnd == pytest.approx(0.3 * adaptation * np.sqrt((table**2).mean()))


def test_the_printed_model_masks_the_mean_by_itself():
    table = np.array(stages.base_thresholds()).reshape(8, 8)

    found = thresholds(np.full((16, 16), 128.0), variant="paper")[:8, :8]

    assert found[0, 0] == pytest.approx(table[0, 0] * (1024 / table[0, 0]) ** 0.36)
    table[0, 0] = found[0, 0]
    assert found == pytest.approx(table)


def wave(amplitudes):
    """A block of mid-grey with these coefficients, four times."""
    cosines = np.cos(np.outer(np.arange(8), 2 * np.arange(8) + 1) * np.pi / 16) / 2
    cosines[0] /= np.sqrt(2)
    block = np.full((8, 8), 128.0)
    for (i, j), amplitude in amplitudes.items():
        block += amplitude * np.outer(cosines[i], cosines[j])
    return np.tile(block, (2, 2))


def test_a_coefficient_masks_itself():
    table = np.array(stages.base_thresholds()).reshape(8, 8)

    found = thresholds(wave({(7, 7): 100.0, (6, 7): -10.0}))[:8, :8]

    # TexE is 110: the block is plain.
    assert found[7, 7] == pytest.approx(0.3 * table[7, 7] * (100 / table[7, 7]) ** 0.36)
    # 10 is less than the threshold: nothing is masked.
    assert found[6, 7] == pytest.approx(0.3 * table[6, 7])


@pytest.mark.parametrize(("amplitude", "masking"), [(350.0, 1.125), (450.0, 1.25)])
def test_edges_mask_what_is_not_high_by_their_strength_alone(amplitude, masking):
    table = np.array(stages.base_thresholds()).reshape(8, 8)
    # E1 = (L / 5 + M / 12) / (H / 46) is far above 16, TexE = 140 and 150 above 125.
    coefficients = {(0, 1): amplitude - 130, (0, 3): 130.0, (7, 7): 10 + (amplitude > 400) * 10}

    found = thresholds(wave(coefficients))[:8, :8]

    assert found[0, 0] == pytest.approx(0.3 * table[0, 0])
    assert found[0, 1] == pytest.approx(0.3 * masking * table[0, 1])
    assert found[0, 3] == pytest.approx(0.3 * masking * table[0, 3])
    assert found[6, 7] == pytest.approx(0.3 * masking * table[6, 7])


def test_texture_masks_by_its_energy():
    table = np.array(stages.base_thresholds()).reshape(8, 8)
    # TexE = 480 with nothing low: E1 and E2 are nothing.
    coefficients = {(i, j): 60.0 for i in (6, 7) for j in (4, 5, 6, 7)}

    for variant, factor, gain in (("code", 0.3, 1.5), ("paper", 1, 1.25)):
        found = thresholds(wave(coefficients), variant=variant)[:8, :8]
        masking = 1 + gain * (480 - 290) / 1510
        itself = (60 / table[7, 7]) ** 0.36
        assert found[7, 7] == pytest.approx(factor * masking * itself * table[7, 7])
        assert found[1, 1] == pytest.approx(factor * masking * table[1, 1])


def sums(low, medium, high):
    return [torch.tensor(float(value)) for value in (low, medium, high)]


@pytest.mark.parametrize(
    ("ratios", "texture", "code", "paper"),
    [
        # E1, E2, TexE, whether it is an edge
        ((17, 1), 126, True, True),
        ((17, 1), 124, False, False),
        ((15, 1), 200, False, False),
        ((6.95, 4.9), 200, True, False),
        ((7.05, 5.05), 200, True, True),
        ((4.9, 6.95), 899, True, False),
        ((6.85, 6.85), 899, False, False),
        ((6.95, 4.75), 899, False, False),
        ((1.65, 1.05), 901, True, True),
        ((1.05, 1.65), 901, True, True),
        ((1.95, 0.95), 901, False, True),
        ((2.05, 0.45), 901, True, False),
        ((0.75, 0.55), 901, False, True),
        ((0.65, 0.65), 901, False, False),
    ],
)
def test_edges_are_told_from_ratios(ratios, texture, code, paper):
    first, second = ratios
    # M = 12 m, L = 5 E2 m, H = 46 (E2 + 1) m / E1, and M + H is TexE.
    medium = texture / (12 + 46 * (second + 1) / first)
    bands = sums(5 * second * medium, 12 * medium, texture - 12 * medium)

    assert stages.is_edge(*bands, stages.CONSTANTS["code"]).item() == code
    assert stages.is_edge(*bands, stages.CONSTANTS["paper"]).item() == paper


def test_the_bands_have_as_many_frequencies_as_published():
    letters = "".join(stages.BANDS)

    assert [letters.count(band) for band in "-LMH"] == [1, 5, 12, 46]
    assert np.array([list(row) for row in stages.BANDS]).T.tolist() == list(map(list, stages.BANDS))


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_change_by_the_map_has_the_energy_of_all_thresholds(camera, variant):
    jnd = in_levels(ZhangDct(variant=variant)(as_images(camera)))

    found = thresholds(camera, variant=variant)

    def energies(plane):
        return (plane**2).reshape(18, 8, 26, 8).sum(axis=(1, 3))

    assert energies(jnd) == pytest.approx(energies(found))
    # Every pixel of a block has the same value.
    assert (jnd.reshape(18, 8, 26, 8).std(axis=(1, 3)) < 1e-12).all()


@pytest.mark.parametrize("shape", [(17, 40), (31, 33), (144, 208)])
def test_blocks_inside_do_not_depend_on_the_padding(camera, shape):
    height, width = shape
    images = as_images(camera[:height, :width])

    maps = [ZhangDct(padding=padding)(images) for padding in PADDINGS]

    down, across = height // 8 * 8, width // 8 * 8
    assert torch.equal(*(jnd[..., :down, :across] for jnd in maps))
    assert torch.equal(*maps) == (shape == (144, 208))


@pytest.mark.parametrize("rows", [20, 128])
@pytest.mark.parametrize("height", [129, 131, 136, 143])
def test_strips_give_the_very_map_of_the_whole_at_every_height(camera, monkeypatch, height, rows):
    monkeypatch.setattr(tiles, "ROWS", rows)
    images = as_images(camera[:height, :61], torch.float32)

    assert torch.equal(in_tiles(ZhangDct(), images), ZhangDct()(images))


def test_thresholds_of_coefficients_have_finite_gradients():
    for level in (0.0, 0.5, 1.0):
        images = torch.full((2, 3, 17, 16), level, requires_grad=True)

        (gradient,) = torch.autograd.grad(ZhangDct().coefficients(images).sum(), images)

        assert gradient.isfinite().all()


@pytest.mark.usefixtures("as_users_run_it")
def test_coefficients_of_what_is_no_picture_are_refused():
    with pytest.raises(ImageError, match="divide 8-bit pixels by 255"):
        ZhangDct().coefficients(torch.full((1, 1, 16, 16), 200.0))
    with pytest.raises(ImageError, match="16 x 16"):
        ZhangDct().coefficients(torch.zeros(1, 1, 8, 16))


@pytest.fixture
def program(reference):
    """Inputs and outputs of the release of the authors' group."""
    inputs = np.load(reference / "jnd" / "inputs_gray.npz")
    outputs = np.load(reference / "jnd" / "ntudct.npz")
    return lambda name: (inputs[name].astype(float), outputs[f"{name}__JND"])


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-7), (torch.float32, 2e-5)], ids=["double", "single"]
)
@pytest.mark.parametrize("name", NAMES)
def test_thresholds_are_those_of_the_released_program(program, name, dtype, tolerance):
    levels, expected = program(name)

    found = in_levels(ZhangDct(padding="zeros").coefficients(as_images(levels, dtype)))

    assert np.abs(found / expected - 1).max() < tolerance


@pytest.mark.parametrize("name", NAMES)
def test_every_stage_is_that_of_the_released_program(reference, program, name):
    outputs = np.load(reference / "jnd" / "ntudct.npz")
    levels, _ = program(name)
    plane = as_images(levels) * 255

    values = stages.dct_of_blocks(plane, "zeros")
    laid = stages.side_by_side(values, *levels.shape).numpy()[0, 0]
    sizes = values.abs()
    low, medium, high = (sum(stages._band(sizes, band))[0] for band in "LMH")
    edges = stages.is_edge(low, medium, high, stages.CONSTANTS["code"]).numpy()

    assert np.abs(laid - outputs[f"{name}__C"]).max() < 1e-4
    assert np.allclose(stages.base_thresholds(), outputs[f"{name}__tij"].ravel(), rtol=1e-6)
    adaptation = stages.luminance_adaptation(values[0, 0])[0].numpy()
    assert np.abs(adaptation - outputs[f"{name}__aLum"]).max() < 1e-6
    assert (edges == (outputs[f"{name}__block"] == ord("e"))).all()
    energy = (medium + high).numpy()
    texture = (energy > 290) & ~edges
    assert (texture == (outputs[f"{name}__block"] == ord("t"))).all()
    masking = 1 + 1.5 * (energy - 290) / 1510
    assert np.abs(masking - outputs[f"{name}__TexMask"])[texture].max() < 1e-6
