import io

import numpy as np
import pytest
from PIL import Image

from sublimen.imaging.jpeg import jpeg


@pytest.mark.parametrize("subsampling", [0, 2])
def test_it_is_what_pillow_reads_back(astronaut, subsampling):
    part = astronaut[:65, :90]
    written = io.BytesIO()
    Image.fromarray(part).save(written, "JPEG", quality=70, subsampling=subsampling)

    assert np.array_equal(jpeg(part, 70, subsampling=subsampling), np.asarray(Image.open(written)))


def test_a_grey_picture_stays_grey(astronaut):
    part = astronaut[:40, :40, :1]

    changed = jpeg(part, 90)

    assert changed.shape == part.shape
    assert 0 < np.abs(changed.astype(int) - part).max() < 30
