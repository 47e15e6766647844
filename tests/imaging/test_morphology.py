import numpy as np
import pytest
import torch
from scipy import ndimage

from sublimen.imaging.morphology import dilate_disk, dilate_square


def test_one_pixel_becomes_a_square():
    mask = torch.zeros(1, 1, 9, 11, dtype=torch.bool)
    mask[..., 4, 5] = True

    wide = dilate_square(mask, 5)

    assert wide.sum() == 25
    assert wide[0, 0, 2:7, 3:8].all()
    assert mask.sum() == 1


def test_a_square_is_cut_at_the_rim():
    mask = torch.zeros(2, 1, 8, 8, dtype=torch.bool)
    mask[0, 0, 0, 7] = True

    wide = dilate_square(mask, 3)

    assert wide[0, 0].nonzero().tolist() == [[0, 6], [0, 7], [1, 6], [1, 7]]
    assert not wide[1].any()


@pytest.mark.parametrize("side", [1, 3, 5, 11])
def test_any_mask_is_widened_as_scipy_does(side):
    mask = np.random.default_rng(side).random((23, 31)) > 0.97

    wide = dilate_square(torch.from_numpy(mask)[None, None], side)[0, 0].numpy()

    assert (wide == ndimage.binary_dilation(mask, np.ones((side, side)))).all()


def test_one_pixel_becomes_a_disk_of_thirteen():
    mask = torch.zeros(1, 1, 9, 9, dtype=torch.bool)
    mask[..., 4, 4] = True

    wide = dilate_disk(mask)

    rows, columns = np.indices((9, 9)) - 4
    assert wide.sum() == 13
    assert (wide[0, 0].numpy() == (np.abs(rows) + np.abs(columns) <= 2)).all()
    assert mask.sum() == 1


def test_disks_are_cut_at_the_rim_as_scipy_does():
    masks = np.random.default_rng(0).random((2, 1, 23, 31)) > 0.95
    diamond = ndimage.iterate_structure(ndimage.generate_binary_structure(2, 1), 2)

    wide = dilate_disk(torch.from_numpy(masks)).numpy()

    for mask, found in zip(masks[:, 0], wide[:, 0], strict=True):
        assert (found == ndimage.binary_dilation(mask, diamond)).all()
