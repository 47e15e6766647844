import numpy as np
import pytest
import torch

from sublimen.jnd import Wu2013, wu_2013 as stages
from sublimen.jnd.base import Whole
from tests.jnd import oracles, oracles_wu_2013 as second
from tests.jnd.planes import as_images, as_mask, in_levels

PADDINGS = ["reflect", "zeros"]
NAMES = ["camera256", "coffee_y"]


def plane(values):
    return torch.as_tensor(np.asarray(values), dtype=torch.float64)[None, None]


def array(tensor):
    return tensor.squeeze(0).squeeze(0).numpy()


def predicted(levels, padding="reflect", dtype=torch.float64):
    tensor = plane(levels).to(dtype)
    return array(stages.prediction(tensor, stages.local_deviation(tensor, padding), padding))


def assert_rounded(found, unrounded):
    """Rounded to the nearest level, but for halves, which are decided by the last bit."""
    half = np.abs(unrounded % 1 - 0.5) < 1e-5
    assert (found == np.floor(unrounded + 0.5))[~half].all()
    assert np.abs(found - unrounded).max() < 0.5 + 1e-5
    assert half.mean() < 0.02


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("padding", PADDINGS)
def test_the_prediction_is_that_of_a_second_implementation(camera, padding, dtype):
    assert_rounded(predicted(camera, padding, dtype), second.prediction(camera, padding))


@pytest.mark.parametrize("padding", PADDINGS)
def test_the_map_is_that_of_a_second_implementation(camera, padding):
    foreseen = predicted(camera, padding)

    found = in_levels(Wu2013(padding=padding)(as_images(camera)))

    expected = second.wu_2013(camera, padding=padding, predicted=foreseen)
    assert np.abs(found - expected["jnd_map"]).max() < 1e-9
    alone = second.wu_2013(camera, padding=padding)["jnd_map"]
    assert np.mean(np.abs(found - alone) > 0.01) < 0.01


@pytest.mark.parametrize("padding", PADDINGS)
def test_the_map_is_that_of_a_loop_over_pixels(camera, padding):
    crop = camera[42:58, 80:100]
    edges = oracles.canny(crop, 0.5)

    found = in_levels(Wu2013(padding=padding)(as_images(crop), edges=as_mask(edges)))

    assert_rounded(predicted(crop, padding), second.prediction_loop(crop, padding))
    assert edges.any()
    assert np.abs(found - second.wu_2013_loop(crop, edges, padding)).max() < 1e-9


def test_a_colour_photo_is_predicted_in_luma(portrait):
    luma = portrait @ np.array([0.299, 0.587, 0.114])
    edges = oracles.canny(luma, 0.7)

    found = Wu2013()(as_images(portrait), edges=as_mask(edges))[0].numpy() * 255

    assert_rounded(predicted(luma), second.prediction(luma, "reflect"))
    expected = second.wu_2013(luma, edges, predicted=predicted(luma))["jnd_map"]
    assert np.abs(found - expected).max() < 1e-9


def test_the_edges_are_cannys_at_seven_tenths_of_the_largest_slope(camera):
    edges = Wu2013().edges(as_images(camera))

    assert (edges[0, 0].numpy() == oracles.canny(camera, 0.7)).all()


@pytest.mark.parametrize(("level", "lifted"), [(0, 32), (64, 80), (127, 127), (200, 200)])
def test_a_flat_field_adds_luminance_and_the_constant_of_texture(level, lifted):
    flat = torch.full((1, 1, 16, 16), level / 255, dtype=torch.float64)

    adaptation, texture = oracles.adaptation_at(lifted), abs(0.5 - 0.01 * level)
    expected = adaptation + texture - 0.3 * min(adaptation, texture)
    assert in_levels(Wu2013()(flat)) == pytest.approx(expected, abs=1e-9)


def test_texture_masks_by_the_logarithm_of_its_slope():
    ramp = np.tile(np.arange(20) * 10.0, (20, 1))

    found = array(stages.masking(plane(ramp), "reflect"))[10, 10]

    # The slope is 16 * 2 * 10 / 16 = 20 levels over two pixels, on a mean of 100.
    curved = 80 * np.log10(1 + 20 / 80) / np.log10(4)
    assert found == pytest.approx(curved * (0.01 + 0.115) + 0.5 - 1)


def test_a_lone_pixel_is_predicted_from_what_is_least_unlike():
    picture = np.full((33, 33), 100.0)
    picture[16, 16] = 255

    found = predicted(picture)

    # 392 of 440 places are far enough to differ by one pixel's 155 levels, the others by two.
    spread = 155 * np.sqrt(48) / 49
    ratio = np.exp(-(155**2) / 49 / (8**3 / spread))
    own = 255 - 155 * (392 + 48 * ratio) / (393 + 48 * ratio)
    assert found[16, 16] == np.floor(own + 0.5) == 100
    assert (np.delete(found.ravel(), 16 * 33 + 16) == 100).all()


def test_what_repeats_within_ten_pixels_is_predicted_and_no_further(generator):
    near, far = (torch.randint(90, 150, (n, n), generator=generator).numpy() for n in (10, 11))

    textures = [np.tile(tile.astype(float), (5, 5)) for tile in (near, far)]
    inner = slice(16, -16)
    met, missed = ((predicted(t) == t)[inner, inner] for t in textures)

    assert met.all()
    assert missed.mean() < 0.3


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_weights_that_only_double_precision_can_hold_count_in_both(generator, dtype):
    noise = torch.randint(0, 2, (40, 40), generator=generator).double().numpy() * 60 + 90

    found = predicted(noise, dtype=dtype)

    shares = second.prediction(noise, "reflect")
    nearest = (found != noise).mean()
    assert nearest > 0.2
    assert np.abs(found - shares).max() < 0.5 + 1e-5
    # Half a pixel itself, half what is least unlike it: the average or one of both.
    assert set(np.unique(found)) >= {90, 120, 150}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_where_every_weight_underflows_a_pixel_predicts_itself(generator, dtype):
    noise = torch.randint(0, 2, (40, 40), generator=generator).double().numpy() * 255

    with np.errstate(under="ignore"):
        weights = second.prediction(noise, "reflect")

    assert (weights == noise).all()
    assert (predicted(noise, dtype=dtype) == noise).all()


def test_the_prediction_does_not_depend_on_the_parts_it_is_computed_in(camera, monkeypatch):
    whole = predicted(camera)
    monkeypatch.setattr(stages, "BROAD", 64)
    monkeypatch.setattr(stages, "AT_ONCE", 64 * 37)

    assert (predicted(camera) == whole).all()


@pytest.mark.parametrize("padding", PADDINGS)
def test_contrast_is_a_standard_deviation_in_seven_by_seven_pixels(camera, padding):
    found = array(stages.local_deviation(plane(camera), padding))

    wide = oracles.padded(camera, 3, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, (7, 7))
    assert np.abs(found - windows.std(axis=(2, 3))).max() < 1e-9


def test_a_lone_miss_is_thinned_out_where_the_picture_is_orderly():
    levels, foreseen = np.full((21, 21), 50.0), np.full((21, 21), 50.0)
    levels[10, 10] = 80
    orderly, wild = np.full((21, 21), 9.99), np.full((21, 21), 10.0)

    thin, full = (
        array(stages.unpredicted(plane(levels), plane(foreseen), plane(spread), "reflect"))
        for spread in (orderly, wild)
    )

    centre = oracles.gaussian(7, 7 / 3)[3] ** 2
    assert thin[10, 10] == pytest.approx(30 * centre)
    assert full[10, 10] == 30
    assert thin.sum() == pytest.approx(thin[10, 10])


def test_edges_keep_a_fifth_in_a_diamond_of_thirteen_pixels():
    edges = torch.zeros(1, 1, 21, 21, dtype=torch.bool)
    edges[..., 10, 10] = True

    weight = array(stages.protection_of(edges, "reflect", plane([[0.0]])))

    line = oracles.gaussian(5, 0.8)
    shares = np.outer(line, line)
    diamond = np.add.outer(np.abs(np.arange(-2, 3)), np.abs(np.arange(-2, 3))) <= 2
    assert diamond.sum() == 13
    assert weight[10, 10] == pytest.approx(1 - 0.8 * shares[diamond].sum())
    assert (1 - weight).sum() == pytest.approx(13 * 0.8)


def test_a_weight_on_edges_may_be_given_as_numbers(camera):
    images, model = as_images(camera), Wu2013()
    edges = model.edges(images)

    numbers = stages.protection_of(edges, "reflect", images)

    assert torch.equal(model(images, edges=numbers), model(images, edges=edges))
    assert not torch.equal(model(images, edges=numbers / 2), model(images, edges=edges))


def test_the_map_has_a_frame_of_nothing_with_zeros_alone(camera):
    images = as_images(camera)

    mirrored, framed = (in_levels(Wu2013(padding=padding)(images)) for padding in PADDINGS)

    inner = np.zeros(camera.shape, bool)
    inner[2:-3, 2:-3] = True
    assert (framed[~inner] == 0).all()
    assert (framed[inner] > 0).all()
    assert (mirrored > 0).all()


def test_the_map_without_given_edges_is_that_with_its_own(camera):
    images = as_images(camera)
    model = Wu2013()

    assert torch.equal(model(images), model(images, edges=model.edges(images)))
    assert torch.equal(model(images), model.threshold(images, Whole(edges=model.edges(images))))


def test_the_gradient_is_that_of_what_is_not_predicted(camera):
    images = as_images(camera[:32, 60:92]).requires_grad_()
    edges = torch.ones_like(images) / 2

    (gradient,) = torch.autograd.grad(Wu2013()(images, edges=edges).sum(), images)

    levels = images.detach() * 255
    spread = array(stages.local_deviation(levels, "reflect"))
    miss = array(levels) - predicted(array(levels))
    # Half of what is missed counts, and 0.7 of that where it is less than what is orderly.
    wild = least_around(spread) >= 10
    slopes = array(gradient)[wild] * np.sign(miss[wild])
    assert wild.sum() > 100
    assert np.isin(np.round(slopes, 9), [0, 0.35, 0.5]).all()
    assert (slopes > 0).mean() > 0.5


def least_around(values):
    """The smallest within reach of the Gaussian that thins out."""
    return second.ndimage.minimum_filter(values, 7)


@pytest.fixture
def program(reference):
    """Inputs and outputs of the authors' program."""
    inputs, outputs = (np.load(reference / "jnd" / f"{f}.npz") for f in ("inputs_gray", "wu2013"))

    def stage(name, quantity):
        found = inputs[name] if quantity == "input" else outputs[f"{name}__ml__{quantity}"]
        return found.astype(float)

    return stage


@pytest.mark.parametrize("name", NAMES)
def test_the_prediction_is_that_of_the_authors_program_but_for_halves(program, name):
    found = predicted(program(name, "input"), "zeros")

    off = np.abs(found - program(name, "img_ar"))
    assert off.max() <= 1
    assert np.mean(off > 0) < 0.0005


@pytest.mark.parametrize("name", NAMES)
def test_every_stage_is_that_of_the_authors_program_given_its_prediction(program, name):
    levels, foreseen = plane(program(name, "input")), plane(program(name, "img_ar"))
    model = Wu2013(padding="zeros")
    spread = stages.local_deviation(levels, "zeros")
    weight = stages.protection_of(model.edges(levels / 255), "zeros", levels)

    adaptation = stages.lifted_adaptation(foreseen, "zeros")
    masking = stages.masking(foreseen, "zeros")
    rest = stages.unpredicted(levels, foreseen, spread, "zeros") * weight

    assert np.abs(array(adaptation) - program(name, "jnd_LA")).max() < 1e-5
    assert np.abs(array(masking) - program(name, "jnd_CM")).max() < 1e-5
    # A deviation of exactly 10 falls on either side in the program.
    off = np.abs(array(rest) - program(name, "jnd_Dis")) > 1e-5
    assert off.sum() <= 1
    assert np.abs(array(spread)[off] - 10).max(initial=0) < 1e-9


@pytest.mark.parametrize("name", NAMES)
def test_with_its_own_edges_the_map_is_that_of_the_authors_program(program, name):
    images = as_images(program(name, "input"))

    found = in_levels(Wu2013(padding="zeros")(images))

    off = np.abs(found - program(name, "jnd_map"))
    assert np.mean(off > 1) < 0.0001
    assert np.mean(off > 1e-3) < 0.005
