"""Checks of settings and tensors at the public doors. Nothing is checked inside loops."""

import hashlib
import math
from importlib import import_module
from pathlib import Path
from types import ModuleType

from torch import Tensor

from sublimen.errors import ImageError, MissingExtraError, WeightsError
from sublimen.settings import at_least as at_least, fraction as fraction, positive as positive


def check_images(images: Tensor, *, minimum_size: int = 1, name: str = "images") -> None:
    """Refuse a tensor that is no batch of images in [0, 1].

    Args:
        images: What came in.
        minimum_size: Least height and width in pixels.
        name: What the caller calls it.

    Raises:
        ImageError: Saying what was expected, what came and what to do.
    """
    if images.ndim != 4 or images.shape[1] not in {1, 3}:
        raise ImageError(
            f"{name} must be batch x channel x height x width with 1 or 3 channels, "
            f"got shape {tuple(images.shape)}; permute channels-last arrays"
        )
    if not images.is_floating_point():
        raise ImageError(f"{name} must be floats in [0, 1], got {images.dtype}; divide by 255")
    if min(images.shape[2:]) < minimum_size:
        raise ImageError(
            f"{name} must be at least {minimum_size} x {minimum_size} pixels, "
            f"got {images.shape[3]} x {images.shape[2]}"
        )
    _check_range(images, name)


def _check_range(images: Tensor, name: str) -> None:
    if images.numel() == 0:
        raise ImageError(f"{name} must hold at least one image, got shape {tuple(images.shape)}")
    least, most = (value.item() for value in images.detach().aminmax())
    if math.isnan(least) or math.isnan(most):
        raise ImageError(f"{name} must lie in [0, 1], got NaN; check how they were computed")
    if least < 0 or most > 1:
        raise ImageError(
            f"{name} must lie in [0, 1], got [{least:g}, {most:g}]; divide 8-bit pixels by 255"
        )


def check_pair(reference: Tensor, distorted: Tensor, *, minimum_size: int = 1) -> None:
    """Refuse two batches that cannot be compared image by image.

    Raises:
        ImageError: If either breaks the convention, or their shapes differ.
    """
    check_images(reference, minimum_size=minimum_size, name="reference")
    check_images(distorted, minimum_size=minimum_size, name="distorted")
    if reference.shape != distorted.shape:
        raise ImageError(
            "reference and distorted must have the same shape, "
            f"got {tuple(reference.shape)} and {tuple(distorted.shape)}"
        )


def need(module: str, extra: str) -> ModuleType:
    """Import an optional dependency where it is first used.

    Raises:
        MissingExtraError: Naming the extra to install, or saying why what is installed does not
            load, as torchvision does not beside a torch of another build.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"{module} is not installed; run: pip install 'sublimen[{extra}]'"
        ) from error
    except (ImportError, RuntimeError, OSError) as error:
        raise MissingExtraError(
            f"{module} is installed but does not load; reinstall it and what it needs with "
            f"pip install --force-reinstall 'sublimen[{extra}]'; it said: {error}"
        ) from error


def check_digest(path: Path, expected: str) -> None:
    """Refuse a file with other content than expected.

    Raises:
        WeightsError: Naming both digests.
    """
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise WeightsError(
            f"{path.name} must have SHA-256 {expected[:12]}..., got {found[:12]}...; "
            "get it again, from its package or its source"
        )
