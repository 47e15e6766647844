import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

from sublimen.jnd import Yang
from sublimen.jnd.base import Whole
from sublimen.jnd.yang import box_on_rgb
from tests.jnd import oracles
from tests.jnd.planes import as_images, as_mask, in_levels

PADDINGS = ["reflect", "zeros"]
MATRIX = np.array(
    [
        [0.299, 0.587, 0.114],
        [-0.564 * 0.299, -0.564 * 0.587, 0.564 * 0.886],
        [0.713 * 0.701, -0.713 * 0.587, -0.713 * 0.114],
    ]
)


@pytest.mark.parametrize("padding", PADDINGS)
def test_the_map_of_a_grey_photo_is_that_of_a_second_implementation(camera, padding):
    found = in_levels(Yang(padding=padding)(as_images(camera)))

    assert np.abs(found - oracles.yang(camera, padding=padding)).max() < 1e-10


@pytest.mark.parametrize("padding", PADDINGS)
def test_the_map_is_that_of_a_loop_over_pixels(camera, padding):
    crop = camera[30:60, 70:110]
    edges = oracles.canny(crop, 0.5)

    found = in_levels(Yang(padding=padding)(as_images(crop), edges=as_mask(edges)))

    assert np.abs(found - oracles.yang_loop(crop, edges, padding)).max() < 1e-10


@pytest.mark.parametrize("padding", PADDINGS)
def test_the_planes_of_a_colour_photo_are_those_of_a_second_implementation(portrait, padding):
    model = Yang(padding=padding)
    edges = oracles.canny(portrait @ MATRIX[0], 0.5)

    planes = model.planes(as_images(portrait), model.edge_weight(as_mask(edges).double()))

    expected = oracles.yang_planes(portrait, edges, padding)
    assert np.abs(planes[0].numpy() - expected).max() < 1e-9


def test_the_edges_are_cannys_at_half_the_largest_slope(camera):
    edges = Yang().edges(as_images(camera))

    assert (edges[0, 0].numpy() == oracles.canny(camera, 0.5)).all()


@pytest.mark.parametrize(("level", "threshold"), [(0, 20), (127, 3), (255, 6)])
def test_a_flat_grey_field_has_its_threshold_of_luminance(level, threshold):
    flat = torch.full((1, 1, 16, 16), level / 255, dtype=torch.float64)

    assert in_levels(Yang()(flat)) == pytest.approx(threshold, abs=1e-9)


@pytest.mark.parametrize(("level", "threshold"), [(0, 20), (127, 3), (255, 6)])
def test_a_flat_grey_field_in_colour_allows_what_its_tightest_plane_allows(level, threshold):
    flat = torch.full((1, 3, 16, 16), level / 255, dtype=torch.float64)

    red, green, blue = (Yang()(flat)[0, :, 8, 8] * 255).tolist()

    # All three thresholds are equal; red changes Cr most, green luma and blue Cb.
    assert red == pytest.approx(threshold / (0.713 * 0.701))
    assert green == pytest.approx(threshold / 0.587)
    assert blue == pytest.approx(threshold / (0.564 * 0.886))


def test_grey_in_colour_has_no_texture_of_colour_to_hide_in(camera):
    grey = as_images(camera)

    red, green, blue = Yang()(grey.expand(-1, 3, -1, -1))[0].numpy() * 255

    luma = in_levels(Yang()(grey))
    flat = oracles.luminance_adaptation(oracles.background(camera, "reflect"))
    assert red == pytest.approx(flat / (0.713 * 0.701))
    assert green == pytest.approx(np.minimum(luma / 0.587, flat / (0.713 * 0.587)))
    assert blue == pytest.approx(flat / (0.564 * 0.886))


def test_the_map_of_the_mirrored_photo_is_the_mirrored_map(portrait):
    images = as_images(portrait)

    assert torch.allclose(Yang()(images.flip(3)), Yang()(images).flip(3), atol=1e-12)


def test_the_box_is_what_each_channel_may_do_alone():
    planes = torch.tensor([3.0, 10.0, 1.0], dtype=torch.float64).view(1, 3, 1, 1)

    red, green, blue = box_on_rgb(planes).flatten().tolist()

    # Red: Y 3 / 0.299 = 10.0, Cb 10 / 0.169, Cr 1 / 0.5 = 2.0.
    assert red == pytest.approx(1 / (0.713 * 0.701))
    # Green: Y 3 / 0.587 = 5.1, Cb 10 / 0.331, Cr 1 / 0.419 = 2.4.
    assert green == pytest.approx(1 / (0.713 * 0.587))
    # Blue: Y 3 / 0.114 = 26.3, Cb 10 / 0.5 = 20.0, Cr 1 / 0.081 = 12.3.
    assert blue == pytest.approx(1 / (0.713 * 0.114))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.1, 30), min_size=3, max_size=3))
def test_one_channel_at_its_limit_meets_one_threshold_and_breaks_none(thresholds):
    planes = torch.tensor(thresholds, dtype=torch.float64).view(1, 3, 1, 1)

    box = box_on_rgb(planes).flatten().numpy()

    for channel in range(3):
        used = np.abs(MATRIX[:, channel] * box[channel]) / thresholds
        assert used.max() == pytest.approx(1)


def test_texture_masks_a_tenth_on_an_edge():
    picture = np.tile(np.linspace(80, 200, 32), (32, 1))
    nowhere, everywhere = np.zeros((32, 32), bool), np.ones((32, 32), bool)

    free, edge = (
        in_levels(Yang()(as_images(picture), edges=as_mask(edges)))[16, 16]
        for edges in (nowhere, everywhere)
    )

    # The ramp rises by 120 / 31 a column, so its slope is 32 / 16 times that; the mean is 143.9.
    slope, flat = 2 * 120 / 31, 3 / 128 * (picture[0, 16] - 127) + 3
    assert free == pytest.approx(flat + 0.7 * 0.117 * slope)
    assert edge == pytest.approx(flat + 0.7 * 0.0117 * slope)


def test_the_weight_falls_to_a_tenth_over_three_pixels():
    edges = torch.zeros(1, 1, 16, 16, dtype=torch.float64)
    edges[..., 8:] = 1

    row = Yang().edge_weight(edges)[0, 0, 8]

    shares = np.exp(-(np.arange(-3, 4) ** 2) / 1.28)
    shares /= shares.sum()
    assert row[:5].tolist() == pytest.approx([1] * 5)
    assert row[7].item() == pytest.approx(1 - 0.9 * shares[4:].sum())
    assert row[11:].tolist() == pytest.approx([0.1] * 5)


def test_the_map_without_given_edges_is_that_with_its_own(camera):
    images = as_images(camera)
    model = Yang()

    assert torch.equal(model(images), model(images, edges=model.edges(images)))
    assert torch.equal(model(images), model.threshold(images, Whole(edges=model.edges(images))))


@pytest.mark.parametrize("name", ["camera256", "coffee_y"])
def test_edges_weight_and_map_are_those_of_the_reference(reference, name):
    images = as_images(np.load(reference / "jnd" / "inputs_gray.npz")[name])
    expected = np.load(reference / "jnd" / "paper_variants_numpy.npz")
    edges = as_mask(expected[f"{name}__edges50"])
    model = Yang(padding="zeros")

    found = in_levels(model(images, edges=edges))
    weight = model.edge_weight(edges.double()).squeeze().numpy()

    assert torch.equal(model.edges(images), edges)
    assert np.abs(weight - expected[f"{name}__yang2005_W"]).max() < 1e-5
    assert np.abs(found - expected[f"{name}__yang2005_Y"]).max() < 1e-5


@pytest.mark.parametrize("padding", PADDINGS)
def test_the_release_of_ntu_is_that_of_a_second_implementation(camera, padding):
    found = in_levels(Yang(padding=padding, variant="ntu")(as_images(camera)))

    expected = oracles.yang_ntu(camera, padding=padding)
    assert np.abs(found - expected).max() < 1e-10
    assert (oracles.background(camera, padding) > 50).any()


@pytest.mark.parametrize("name", ["camera256", "coffee_y"])
def test_the_release_of_ntu_is_that_of_the_authors_program(reference, name):
    images = as_images(np.load(reference / "jnd" / "inputs_gray.npz")[name])
    program = np.load(reference / "jnd" / "ntupix.npz")

    found = in_levels(Yang(padding="zeros", variant="ntu")(images))

    assert np.abs(found - program[f"{name}__ml__JND"]).max() < 1e-5


def test_the_colour_planes_are_those_of_the_reference(reference):
    skimage_data = pytest.importorskip("skimage.data", reason="scikit-image brings the picture")
    images = as_images(skimage_data.coffee()[:320, :400])
    expected = np.load(reference / "jnd" / "paper_variants_numpy.npz")
    edges = as_mask(expected["coffee_y__edges50"])
    model = Yang(padding="zeros")

    planes = model.planes(images, model.edge_weight(edges.double()))[0].numpy()

    for plane, name in zip(planes, ("Y", "Cb", "Cr"), strict=True):
        assert np.abs(plane - expected[f"coffee__yang2005_{name}"]).max() < 1e-5
    assert torch.equal(model.edges(images), edges)
