"""What a file makes of a region, beside what is read back from it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from sublimen.attacks.view import Draw
from sublimen.imaging.levels import from_bytes, to_levels
from sublimen.imaging.quantisation import tables
from sublimen.photo.as_saved import AsSaved, as_saved, nearest_quality
from sublimen.photo.encoding import Codec
from sublimen.photo.file import JpegTables, Photo
from sublimen.photo.patch import Patch
from sublimen.recognisers.face import Box
from tests.photo.tiny import photo

BOX = Box(16, 32, 112, 128)


def patch(box=BOX):
    part = np.s_[box.y0 : box.y1, box.x0 : box.x1]
    return Patch(box, photo()[part], photo()[part], torch.zeros(1, 3, box.height, box.width))


def codec(name, quality=None, subsampling=2):
    jpeg = None
    if quality is not None:
        luma, chroma = ([int(step) for step in table.flatten()] for table in tables([quality])[0])
        jpeg = JpegTables(
            quantisation={0: luma, 1: chroma}, subsampling=subsampling, progressive=False
        )
    return Codec(
        Photo(levels=photo(), alpha=None, format="JPEG", lossless=False, jpeg=jpeg), Path(name)
    )


@pytest.mark.parametrize(("quality", "subsampling"), [(75, 2), (92, 0), (None, 0)])
def test_inside_the_region_it_is_what_is_read_back(quality, subsampling):
    file = codec("a.jpg", quality, subsampling)

    seen = as_saved(patch().images, patch(), file)

    levels = photo()
    read_back = file.read_back(levels[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1], levels, BOX)
    inside = (..., slice(16, -16), slice(16, -16))
    off = (seen - from_bytes(read_back)).abs()[inside] * 255
    assert (off < 1.5).float().mean() > 0.999
    assert (seen - patch().images).abs().max() * 255 > 1


def test_it_has_a_slope():
    images = patch().images.requires_grad_()

    (slope,) = torch.autograd.grad(as_saved(images, patch(), codec("a.jpg", 75)).sum(), images)

    assert slope.isfinite().all()
    assert slope.abs().mean() > 0.1


def test_as_a_view_it_is_the_same():
    file = codec("a.jpg", 75)
    view = AsSaved(patch=patch(), codec=file)

    seen = view.see(patch().images, Draw((torch.Generator(),), patch().images))

    assert torch.equal(seen, as_saved(patch().images, patch(), file))
    assert not torch.equal(seen, patch().images)
    assert not view.transparent


def test_other_files_keep_whole_levels_of_the_region():
    between = patch().images + 0.3 * torch.rand(patch().images.shape) / 255
    between.requires_grad_()

    seen = as_saved(between, patch(), codec("a.png", 75))

    torch.testing.assert_close(seen, to_levels(between), rtol=0, atol=1e-6)
    (slope,) = torch.autograd.grad(seen.sum(), between)
    assert torch.equal(slope, torch.ones_like(slope))


def test_a_reduced_region_is_left_as_it_is():
    images = torch.rand(1, 3, 20, 20)

    reduced = Patch(
        Box(0, 0, 640, 640),
        np.zeros((640, 640, 3), np.uint8),
        np.zeros((640, 640, 3), np.uint8),
        torch.zeros(1, 3, 640, 640),
    )
    assert as_saved(images, reduced, codec("a.jpg", 75)) is images


@pytest.mark.parametrize("quality", [30, 75, 95])
def test_the_quality_is_found_by_the_steps(quality):
    steps = tuple(int(step) for step in tables([quality])[0, 0].flatten())

    assert nearest_quality(steps) == quality
