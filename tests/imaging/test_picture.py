import io

import numpy as np
import pytest
from PIL import Image

from sublimen.imaging.picture import levels_of, picture, png


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA")])
def test_a_picture_has_the_levels_it_was_made_of(channels, mode):
    levels = np.arange(4 * 6 * channels, dtype=np.uint8).reshape(4, 6, channels)[:, ::2]

    shown = picture(levels)

    assert (shown.mode, shown.size) == (mode, (3, 4))
    assert np.array_equal(np.asarray(shown).reshape(levels.shape), levels)
    with Image.open(io.BytesIO(png(levels))) as read:
        assert (read.format, read.mode) == ("PNG", mode)
        assert np.array_equal(np.asarray(read).reshape(levels.shape), levels)


@pytest.mark.parametrize("channels", [1, 3])
def test_levels_come_back_with_their_channels(channels):
    levels = np.arange(24 * channels, dtype=np.uint8).reshape(4, 6, channels)

    assert np.array_equal(levels_of(picture(levels)), levels)
