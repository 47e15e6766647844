"""Where the evaluation data and the authors' reference outputs are, and pictures for every test."""

import os
from pathlib import Path

import jaxtyping
import numpy as np
import pytest
import torch

ROOT = Path(__file__).resolve().parent.parent


def _outside(variable: str, folder: str) -> Path:
    place = Path(os.environ.get(variable, ROOT.parent / "shared" / folder))
    if not place.is_dir():
        pytest.skip(f"{variable} is not set and ../shared/{folder} is absent")
    return place


@pytest.fixture(scope="session")
def data() -> Path:
    """Photos for evaluation, which the project does not ship."""
    return _outside("SUBLIMEN_DATA", "data")


@pytest.fixture(scope="session")
def reference() -> Path:
    """Outputs of the authors' own programs, which the project does not ship."""
    return _outside("SUBLIMEN_REFERENCE", "reference")


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    """A public-domain portrait of 512 x 512 pixels, 8 bits, with one large face."""
    skimage_data = pytest.importorskip("skimage.data", reason="scikit-image brings the portrait")
    return skimage_data.astronaut()


@pytest.fixture
def no_uploads(monkeypatch):
    """Protected files are asked about as they are saved alone, in half the time."""
    from sublimen.photo import survival

    as_saved = {survival.AS_SAVED: survival.UPLOADS[survival.AS_SAVED]}
    monkeypatch.setattr(survival, "UPLOADS", as_saved)


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def as_users_run_it():
    """Without the shape checker of the tests: what remains are the checks that users have."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
