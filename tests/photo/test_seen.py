"""How well a change of a region is seen, beside the whole answer on the composed photo."""

from pathlib import Path

import numpy as np
import pytest
import torch

from sublimen.photo.encoding import Codec
from sublimen.photo.file import Photo
from sublimen.photo.patch import Patch, fade
from sublimen.photo.seen import SeenInPhoto
from sublimen.recognisers.face import Box
from sublimen.types import LEVELS
from sublimen.visibility.answer import Observer
from tests.photo.tiny import FACE, photo

PNG = Codec(Photo(levels=photo(), alpha=None, format="PNG", lossless=True), Path("a.png"))


@pytest.fixture(scope="module")
def observer():
    return Observer.of(names=["flip"])


def patch(box, levels, base=None):
    part = np.s_[box.y0 : box.y1, box.x0 : box.x1]
    allowance = 10 / LEVELS * fade(box.height, box.width).expand(1, 3, -1, -1)
    return Patch(box, levels[part], (levels if base is None else base)[part], allowance)


def composed(levels, region, change):
    changed = levels.copy()
    box = region.box
    changed[box.y0 : box.y1, box.x0 : box.x1] = region.compose(change)
    return changed


def test_it_is_what_the_observer_reads_in_the_photo(observer):
    levels = photo()
    region = patch(Box(0, 0, levels.shape[1], levels.shape[0]), levels)
    seen = SeenInPhoto(
        photo=levels, base=levels, patch=region, face=FACE, codec=PNG, observer=observer
    )
    noise = torch.randn(region.images.shape, generator=torch.Generator().manual_seed(0))
    change = (noise * 4 / 255).clamp(-region.radius, region.radius)

    reading = seen.to(region.images)(region.images + change, torch.tensor([0]))

    expected = observer.limited(levels, composed(levels, region, change), [FACE])
    assert reading.item() == pytest.approx(expected, rel=0.15)


def test_what_other_faces_got_counts_as_well(observer):
    levels = photo()
    base = np.clip(levels.astype(int) + 6, 0, 255).astype(np.uint8)
    region = patch(Box(0, 0, levels.shape[1], levels.shape[0]), levels, base)
    nothing = region.images

    fresh, later = (
        SeenInPhoto(
            photo=levels, base=start, patch=region, face=FACE, codec=PNG, observer=observer
        ).to(nothing)(nothing, torch.tensor([0]))
        for start in (levels, base)
    )

    assert fresh.item() == pytest.approx(0, abs=1e-6)
    assert later.item() > 0.05
