import numpy as np
import pytest
import torch
from scipy import ndimage

from sublimen.imaging import edges
from sublimen.imaging.edges import canny
from tests.jnd import oracles


def plane(values):
    return torch.as_tensor(np.ascontiguousarray(values), dtype=torch.float64)[None, None]


def places(mask):
    return {tuple(place) for place in mask[0, 0].nonzero().tolist()}


def step(side, height):
    picture = np.zeros((side, side))
    picture[:, side // 2 :] = height
    return picture


@pytest.fixture(scope="module")
def camera():
    skimage_data = pytest.importorskip("skimage.data", reason="scikit-image brings the picture")
    return skimage_data.camera()[80:224, 140:348].astype(float)


@pytest.mark.parametrize("high", [0.05, 0.3, 0.5, 0.8])
def test_the_edges_are_those_of_a_second_implementation(camera, high):
    assert (canny(plane(camera), high)[0, 0].numpy() == oracles.canny(camera, high)).all()


def test_a_step_has_its_edge_on_both_of_the_pixels_that_tie():
    found = canny(plane(step(20, 100)), 0.5)

    # The largest slope lies between columns 9 and 10: both are maxima; the rim never is.
    assert places(found) == {(row, column) for row in range(1, 19) for column in (9, 10)}


def test_a_line_of_pixels_has_edges_on_either_side_and_none_upon_it():
    picture = np.zeros((30, 30))
    picture[14, :] = 50

    found = canny(plane(picture), 0.5)[0, 0]

    # The slope of a smoothed line is largest one to two standard deviations away from it.
    rows = found[:, 15].nonzero().flatten().tolist()
    assert len(rows) == 2
    assert rows[0] + rows[1] == 28
    assert 1 <= 14 - rows[0] <= 2


@pytest.mark.parametrize("level", [0.0, 0.1, 127.3, 255.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_flat_picture_has_no_edges(level, dtype):
    assert not canny(torch.full((1, 1, 20, 20), level, dtype=dtype), 0.5).any()


def test_the_outermost_pixels_are_never_edges(generator):
    noise = torch.rand(1, 1, 40, 30, generator=generator)

    found = canny(noise, 0.05)[0, 0]

    assert found.sum() > 50
    assert not found[[0, -1]].any()
    assert not found[:, [0, -1]].any()


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (9, 2), (3, 3)])
def test_a_picture_that_is_all_rim_has_no_edges_but_a_size(size):
    assert canny(torch.rand(1, 1, *size), 0.5).shape == (1, 1, *size)
    assert not canny(torch.rand(1, 1, *size), 0.5)[:, :, :1].any()


@pytest.mark.parametrize(("scale", "shift"), [(1 / 255, 0), (3.7, 11)])
def test_thresholds_are_relative_to_the_largest_slope(camera, scale, shift):
    assert torch.equal(canny(plane(camera * scale + shift), 0.4), canny(plane(camera), 0.4))


def test_the_weaker_step_counts_above_the_higher_threshold_alone():
    picture = np.zeros((24, 60))
    picture[:, 20:] = 100
    picture[:, 40:] = 145

    # The second step has 0.45 of the slope of the first and is far from it.
    above, below = (canny(plane(picture), high)[0, 0, 12] for high in (0.44, 0.46))

    assert above.nonzero().flatten().tolist() == [19, 20, 39, 40]
    assert below.nonzero().flatten().tolist() == [19, 20]


def test_a_step_that_fades_is_followed_down_to_two_fifths_of_the_threshold():
    picture = step(120, 1) * np.linspace(1, 0, 120)[:, None]

    found = canny(plane(picture), 0.5)[0, 0, :, 59:61].any(dim=1)

    # The largest slope is that of the first row or near it; 0.4 of 0.5 of it lies at row 95.
    rows = found.nonzero().flatten().tolist()
    assert rows == list(range(1, rows[-1] + 1))
    assert 0.2 == pytest.approx(1 - rows[-1] / 119, abs=0.015)


def hang_together(weak, strong):
    size = (5, 6)
    masks = [torch.zeros(1, 1, *size, dtype=torch.bool) for _ in range(2)]
    for mask, pixels in zip(masks, (weak + strong, strong), strict=True):
        for row, column in pixels:
            mask[0, 0, row, column] = True
    return places(edges._hysteresis(*masks))


def test_a_weak_edge_is_kept_where_it_touches_a_strong_one_by_a_side():
    assert hang_together([(2, 2), (2, 3)], [(2, 1)]) == {(2, 1), (2, 2), (2, 3)}
    assert hang_together([(3, 1), (4, 1)], [(2, 1)]) == {(2, 1), (3, 1), (4, 1)}


def test_a_weak_edge_is_dropped_where_it_touches_a_strong_one_by_a_corner():
    assert hang_together([(3, 2)], [(2, 1)]) == {(2, 1)}
    assert hang_together([(2, 3)], []) == set()


def test_each_plane_has_its_own_threshold_and_largest_slope(camera):
    planes = torch.cat([plane(camera), plane(camera[:, ::-1]) / 10])

    found = canny(planes, torch.tensor([0.2, 0.7]))

    alone = [canny(planes[:1], 0.2), canny(planes[1:], 0.7)]
    assert torch.equal(found, torch.cat(alone))


@pytest.mark.parametrize("strip", [1, 7, 50, 142, 143, 1000])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_strips_find_the_very_edges_of_the_whole(camera, monkeypatch, strip, dtype):
    # The strongest edge lies below, so that the first strips must do with too low a bound.
    fading = plane(camera * np.linspace(0.1, 1, len(camera))[:, None]).to(dtype)
    monkeypatch.setattr(edges, "STRIP", 10_000)
    whole = canny(fading, 0.3)
    monkeypatch.setattr(edges, "STRIP", strip)

    assert torch.equal(canny(fading, 0.3), whole)


def test_the_filter_is_the_derivative_of_a_gaussian_with_lobes_of_sum_one():
    dot = torch.zeros(1, 1, 25, 25, dtype=torch.float64)
    dot[..., 12, 12] = 1

    across, down = edges._slopes(dot)

    # A single pixel brings the filter to light, turned round.
    line = np.exp(-(np.arange(-6, 7) ** 2) / 4)
    line /= line.sum()
    slope = -np.gradient(line)
    slope /= slope[slope > 0].sum()
    assert np.allclose(across[0, 0].numpy(), -np.outer(line, slope), atol=1e-15)
    assert torch.allclose(down, across.mT, atol=1e-15)


@pytest.mark.parametrize("name", ["camera256", "coffee_y"])
def test_the_edges_are_those_of_the_reference_and_over_corners_would_not_be(
    reference, monkeypatch, name
):
    levels = np.load(reference / "jnd" / "inputs_gray.npz")[name]
    expected = np.load(reference / "jnd" / "paper_variants_numpy.npz")[f"{name}__edges50"]

    over_sides = canny(plane(levels), 0.5)[0, 0].numpy()
    monkeypatch.setattr(edges, "label", lambda weak: ndimage.label(weak, np.ones((3, 3))))
    over_corners = canny(plane(levels), 0.5)[0, 0].numpy()

    assert (over_sides == expected).all()
    assert (over_corners & ~expected).sum() > 100
