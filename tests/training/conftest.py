"""Pictures to learn from, made up, and the shortest run there is."""

import numpy as np
import pytest

from sublimen.training.hvs_sd import Plan
from sublimen.training.pictures import Pictures


@pytest.fixture(scope="session")
def pictures():
    """Two pictures of coloured waves and noise."""
    made = []
    for seed in (0, 1):
        generator = np.random.default_rng(seed)
        rows, columns = np.mgrid[:300, :320]
        waves = [np.sin(rows / (5 + k) + columns / (9 - k) + seed) for k in range(3)]
        noise = generator.normal(0, 20, (300, 320, 3))
        made.append(np.clip(128 + 60 * np.stack(waves, 2) + noise, 0, 255).astype(np.uint8))
    return Pictures(["one.png", "two.png"], made)


@pytest.fixture
def short():
    return Plan(
        autoencoder_steps=3,
        map_steps=2,
        autoencoder_patches=2,
        map_patches=1,
        autoencoder_side=32,
    )
