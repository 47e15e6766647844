import numpy as np
import pytest
import torch

from sublimen.jnd import Wu2017, wu_2017 as stages
from sublimen.jnd.base import Whole
from tests.jnd import oracles
from tests.jnd.planes import as_images, as_mask, in_levels

PADDINGS = ["reflect", "zeros"]
NAMES = ["camera256", "coffee_y"]


def plane(values):
    return torch.as_tensor(values, dtype=torch.float64)[None, None]


def array(tensor):
    return tensor.squeeze(0).squeeze(0).numpy()


@pytest.mark.parametrize("padding", PADDINGS)
def test_the_map_is_that_of_a_second_implementation(camera, padding):
    found = in_levels(Wu2017(padding=padding)(as_images(camera)))

    assert np.abs(found - oracles.wu_2017(camera, padding=padding)["jnd_map"]).max() < 1e-5


@pytest.mark.parametrize("padding", PADDINGS)
def test_the_map_is_that_of_a_loop_over_pixels(camera, padding):
    crop = camera[30:60, 70:110]
    edges = oracles.canny(crop, 0.5)

    found = in_levels(Wu2017(padding=padding)(as_images(crop), edges=as_mask(edges)))

    assert np.abs(found - oracles.wu_2017_loop(crop, edges, padding)).max() < 1e-5


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("padding", PADDINGS)
def test_orientations_are_counted_exactly_in_both_precisions(camera, padding, dtype):
    levels = as_images(camera, dtype) * 255

    found = array(stages.pattern_complexity(levels, padding))

    expected = oracles.smooth(oracles.orientations(camera), 3, 1.0, padding)
    assert np.abs(found - expected).max() < 1e-5


@pytest.mark.parametrize(("level", "lifted"), [(0, 32), (64, 80), (127, 127), (200, 200)])
def test_a_flat_field_has_seven_tenths_of_the_threshold_of_a_lifted_luminance(level, lifted):
    flat = torch.full((1, 1, 16, 16), level / 255, dtype=torch.float64)

    expected = 0.7 * oracles.adaptation_at(lifted)
    assert in_levels(Wu2017()(flat)) == pytest.approx(expected, abs=1e-9)


def test_the_lift_is_the_published_one_for_every_level():
    every = np.repeat(np.arange(256.0), 5)[None].repeat(5, axis=0)

    found = array(stages.adaptation(plane(every), "reflect"))[2, 2::5]

    lift = [np.floor(32 + k * 95 / 127 + 0.5) if k <= 127 else k for k in range(256)]
    assert found == pytest.approx([0.7 * oracles.adaptation_at(k) for k in lift])


def test_the_background_is_rounded_down():
    picture = np.full((16, 16), 60.0)
    picture[8, 9] = 75

    found = array(stages.adaptation(plane(picture), "reflect"))[8, 8]

    # The mean is 60 + 2 * 15 / 32 = 60.94, which counts as 60: lifted to 32 + 44.88 -> 77.
    assert found == pytest.approx(0.7 * oracles.adaptation_at(77))


def test_contrast_is_a_standard_deviation_and_nothing_at_the_rim():
    picture = np.zeros((9, 9))
    picture[4, 4] = 255

    contrast = array(stages.local_contrast(plane(picture)))

    # One of 25 pixels: 255 sqrt(1 / 25 - 1 / 625).
    assert contrast[2:7, 2:7] == pytest.approx(255 * np.sqrt(24) / 25)
    assert contrast.sum() == pytest.approx(25 * 255 * np.sqrt(24) / 25)


def test_masking_by_contrast_and_pattern_has_the_values_of_its_formulas():
    contrast, complexity = plane([[26.0]]), plane([[3.0]])

    assert stages.contrast_masking(contrast).item() == pytest.approx(1.84 * 26**0.4 / 2)
    assert stages.pattern_masking(contrast, complexity).item() == pytest.approx(
        26 * 0.3 * 3**2.7 / 10
    )
    assert stages.contrast_masking(plane([[0.0]])).item() < 1e-25


def complexity_before_smoothing(levels):
    """What Pc was before the Gaussian, of which it is the fixed point for one count."""
    across, down = stages._prewitt(torch.nn.functional.pad(plane(levels), (1,) * 4, "replicate"))
    return array(stages._orientation_bins(across, down))


@pytest.mark.parametrize(
    ("across", "down", "expected"),
    [
        (15, 0, 8),  # 0 degrees: (0 + 90) / 12 = 7.5, rounded up
        (-15, 0, 8),  # 180 degrees are 0
        (0, 15, 15),  # 90 degrees stay 90
        (0, -15, 0),  # -90 degrees stay -90: another bin, as in the program
        (15, 15, 11),  # 45 degrees
        (-15, -15, 11),  # -135 degrees are 45
        (-15, 15, 4),  # 135 degrees are -45: 45 / 12 = 3.75
        (9, 12, 12),  # exactly 5 levels per pixel, 53.13 degrees: 143 / 12 = 11.9
        (12, 9, 11),  # exactly 5 levels per pixel, 36.87 degrees: 127 / 12 = 10.6
        (14.9, 0, 16),  # not quite
        (8, 12, 16),
        (0, 0, 16),
    ],
)
def test_slopes_fall_into_bins_as_computed_by_hand(across, down, expected):
    bins = stages._orientation_bins(plane([[float(across)]]), plane([[float(down)]]))

    assert bins.item() == expected


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_five_levels_over_two_pixels_just_make_an_orientation(dtype):
    columns = torch.arange(40)
    ramp = columns // 2 * 5 + columns % 2 * 2
    levels = (ramp.to(dtype) / 255 * 255).expand(1, 1, 16, 40)

    bins = stages._orientation_bins(
        *stages._prewitt(torch.nn.functional.pad(levels, (1,) * 4, "replicate"))
    )

    # At the rim, which is repeated, the difference is 2 or 3.
    assert (bins[..., 1:-1] == 8).all()
    assert (bins[..., [0, -1]] == 16).all()


def test_a_corner_has_the_complexity_counted_by_hand():
    picture = np.full((16, 16), 100.0)
    picture[8:, 8:] = 200.0

    found = array(stages.pattern_complexity(plane(picture), "reflect"))

    # Three times the slope is 300 along the edges: down the vertical one at 0 degrees (bin 8),
    # along the horizontal one at 90 (bin 15). At the corner pixel (8, 8) it is (200, 200), bin 11,
    # as at (7, 7) with (100, 100); at (7, 8) it is (100, 200), 63.4 degrees, bin 13, and at
    # (8, 7) (200, 100), 26.6 degrees, bin 10.
    bins = complexity_before_smoothing(picture)
    assert bins[6:10, 6:10].tolist() == [
        [16, 16, 16, 16],
        [16, 11, 13, 15],
        [16, 10, 11, 15],
        [16, 8, 8, 16],
    ]
    # Hence different bins around the pixels of the middle, which are all the smoothing sees:
    counts = oracles.count_loop(bins)
    assert counts[7:10, 7:10].tolist() == [[4, 5, 4], [5, 6, 5], [4, 5, 1]]
    line = np.exp([-0.5, 0, -0.5]) / (1 + 2 * np.exp(-0.5))
    assert found[8, 8] == pytest.approx((counts[7:10, 7:10] * np.outer(line, line)).sum())


def test_edges_take_the_pattern_away_five_pixels_wide():
    edges = torch.zeros(1, 1, 21, 21, dtype=torch.bool)
    edges[..., 10] = True

    free = array(stages.edge_protection(edges, "reflect", plane([[0.0]])))[10]

    # Five columns are widened, the Gaussian reaches two further on either side.
    assert free[10] == pytest.approx(0)
    assert free[6] == pytest.approx(
        1 - np.exp(-4 / 1.28) / (1 + 2 * np.exp([-1 / 1.28, -4 / 1.28]).sum())
    )
    assert free[5] == pytest.approx(1)
    assert 0 < free[8] < free[7] < 1


@pytest.mark.parametrize(("contrast", "threshold"), [(40, 0.8), (75, 0.8), (100, 0.6), (240, 0.25)])
def test_the_stronger_the_strongest_slope_the_lower_the_threshold(contrast, threshold):
    picture = np.zeros((32, 32))
    picture[:, 16:] = contrast

    assert stages.edge_threshold(plane(picture)).item() == pytest.approx(threshold)


def test_the_threshold_does_not_depend_on_the_strips(camera, monkeypatch):
    whole = stages.edge_threshold(plane(camera))
    monkeypatch.setattr(stages, "STRIP", 7)

    assert torch.equal(stages.edge_threshold(plane(camera)), whole)
    slope = oracles.strongest_slope(camera, "reflect")[2:-2, 2:-2].max()
    assert whole.item() == pytest.approx(60 / slope)


def test_a_protection_map_may_be_given_as_numbers(camera):
    images = as_images(camera)
    model = Wu2017()
    edges = model.edges(images)

    numbers = stages.edge_protection(edges, "reflect", images)

    assert torch.equal(model(images, edges=numbers), model(images, edges=edges))
    assert torch.equal(
        model(images, edges=numbers.float()), model(images, edges=numbers.float().double())
    )


def test_the_map_without_given_edges_is_that_with_its_own(camera):
    images = as_images(camera)
    model = Wu2017()

    assert torch.equal(model(images), model(images, edges=model.edges(images)))
    assert torch.equal(model(images), model.threshold(images, Whole(edges=model.edges(images))))


@pytest.fixture
def program(reference):
    """Inputs and outputs of the authors' program, ties decided in whole numbers."""
    files = {name: np.load(reference / "jnd" / f"{name}.npz") for name in ("wu2017", "wu2017int")}

    def output(name, quantity):
        key = f"{name}__{quantity}"
        exact = files["wu2017int"]
        return exact[key] if key in exact else files["wu2017"][f"{name}__ml__{quantity}"]

    return output


@pytest.mark.parametrize("name", NAMES)
def test_every_stage_is_that_of_the_authors_program(reference, program, name):
    levels = as_images(np.load(reference / "jnd" / "inputs_gray.npz")[name]) * 255
    contrast = stages.local_contrast(levels)
    complexity = stages.pattern_complexity(levels, "zeros")
    protection = stages.edge_protection(
        Wu2017(padding="zeros").edges(levels / 255), "zeros", levels
    )

    found = {
        "jnd_LA": stages.adaptation(levels, "zeros"),
        "L_c": contrast,
        "jnd_LC": stages.contrast_masking(contrast),
        "P_c": complexity,
        "jnd_PM": stages.pattern_masking(contrast, complexity),
        "edge_protect": protection,
    }

    for quantity, values in found.items():
        assert np.abs(array(values) - program(name, quantity)).max() < 1e-5, quantity


@pytest.mark.parametrize("name", NAMES)
def test_the_map_is_that_of_the_authors_program_given_its_edge_protection(reference, program, name):
    images = as_images(np.load(reference / "jnd" / "inputs_gray.npz")[name])
    protection = plane(program(name, "edge_protect"))

    found = in_levels(Wu2017(padding="zeros")(images, edges=protection))

    assert np.abs(found - program(name, "jnd_map")).max() < 1e-5


@pytest.mark.parametrize("name", NAMES)
def test_with_its_own_edges_no_sample_is_off_the_authors_program(reference, program, name):
    images = as_images(np.load(reference / "jnd" / "inputs_gray.npz")[name])

    found = in_levels(Wu2017(padding="zeros")(images))

    assert np.mean(np.abs(found - program(name, "jnd_map")) > 1e-3) == 0


@pytest.mark.parametrize("padding", ["reflect", "zeros"])
def test_the_printed_equations_are_those_of_a_second_implementation(camera, padding):
    found = in_levels(Wu2017(padding=padding, variant="paper")(as_images(camera)))

    off = np.abs(found - oracles.wu_2017_paper(camera, padding)[""]) > 1e-9
    assert off.mean() < 0.001


@pytest.mark.parametrize("name", NAMES)
def test_the_printed_equations_are_the_reference_but_for_orientations_on_a_border(reference, name):
    levels = np.load(reference / "jnd" / "inputs_gray.npz")[name]
    expected = np.load(reference / "jnd" / "paper_variants_numpy.npz")
    own = oracles.wu_2017_paper(levels.astype(float), "zeros")

    found = in_levels(Wu2017(padding="zeros", variant="paper")(as_images(levels)))

    # Where 0 and 180 degrees part by the rounding of thirds, programs differ.
    same = own["_Cp"] == expected[f"{name}__wu2017paper_Cp"]
    assert same.mean() > 0.997
    off = np.abs(found - expected[f"{name}__wu2017paper"])
    assert off[same].max() < 1e-5
    assert off.mean() < 0.002


def test_the_printed_equations_know_no_edges(camera):
    images = as_images(camera)
    everywhere = torch.ones(1, 1, *camera.shape, dtype=torch.bool)
    model = Wu2017(variant="paper")

    assert model.edges(images) is None
    assert torch.equal(model(images, edges=everywhere), model(images))
