"""Grey planes in levels, in all of which something happens."""

import pytest


@pytest.fixture(scope="session")
def camera():
    """A man with a tripod before a sky, grey, 0 to 255, 144 x 208 pixels."""
    skimage_data = pytest.importorskip("skimage.data", reason="scikit-image brings the picture")
    return skimage_data.camera()[80:224, 140:348].astype(float)


@pytest.fixture(scope="session")
def portrait(astronaut):
    """A face in colour, 0 to 255, 120 x 136 pixels."""
    return astronaut[60:180, 160:296].astype(float)
