"""The two kinds of second implementation agree with each other."""

import numpy as np
import pytest

from tests.jnd import oracles

PADDINGS = ["reflect", "zeros"]


@pytest.fixture(scope="module")
def crop(camera):
    return camera[20:52, 60:100]


@pytest.fixture(scope="module")
def edges(crop):
    return oracles.canny(crop, 0.5)


@pytest.mark.parametrize("padding", PADDINGS)
def test_planes_and_loops_agree(crop, edges, padding):
    chou_li = oracles.chou_li_loop(crop, padding) - oracles.chou_li(crop, padding)
    yang = oracles.yang_loop(crop, edges, padding) - oracles.yang(crop, edges, padding)
    wu = (
        oracles.wu_2017_loop(crop, edges, padding)
        - oracles.wu_2017(crop, edges, padding)["jnd_map"]
    )

    assert np.abs(chou_li).max() < 1e-9
    assert np.abs(yang).max() < 1e-9
    assert np.abs(wu).max() < 1e-5
    assert edges.any()
