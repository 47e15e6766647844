import math

import pytest
import torch

from sublimen.errors import ImageError
from sublimen.metrics import beyond_depth, beyond_share, pspnr


@pytest.fixture
def reference():
    return torch.full((1, 3, 2, 2), 0.5, dtype=torch.float64)


@pytest.fixture
def jnd(reference):
    return torch.full_like(reference, 4 / 255)


def test_only_what_exceeds_the_map_counts(reference, jnd):
    distorted = reference.clone()
    distorted[0, 0, 0, 0] += 6 / 255
    distorted[0, 1, 0, :] -= 4 / 255

    # One of twelve samples exceeds the map, by two levels.
    expected = -10 * math.log10((2 / 255) ** 2 / 12)
    assert pspnr(reference, distorted, jnd).item() == pytest.approx(expected)
    assert beyond_share(reference, distorted, jnd).tolist() == [[0.25, 0, 0]]
    assert beyond_depth(reference, distorted, jnd)[0].tolist() == pytest.approx([1.5, 1, 0])


def test_inside_the_map_nothing_is_perceptible(reference, jnd):
    assert pspnr(reference, reference + 3.9 / 255, jnd).item() == math.inf


def test_a_map_of_one_plane_holds_for_every_channel(reference, jnd):
    distorted = reference + 6 / 255

    assert beyond_share(reference, distorted, jnd[:, :1]).tolist() == [[1, 1, 1]]


def test_where_nothing_may_change_a_change_is_infinitely_deep(reference):
    nothing = torch.zeros_like(reference)

    assert beyond_depth(reference, reference, nothing).tolist() == [[0, 0, 0]]
    assert beyond_depth(reference, reference + 0.1, nothing).tolist() == [[math.inf] * 3]


@pytest.mark.usefixtures("as_users_run_it")
def test_a_map_of_another_picture_is_refused(reference, jnd):
    with pytest.raises(ImageError, match="must be a map of the reference"):
        pspnr(reference, reference, jnd[..., :1])
