"""Which programs took part in a result."""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Final

PROGRAMS: Final = (
    "sublimen",
    "torch",
    "numpy",
    "scipy",
    "pillow",
    "pillow-heif",
    "torchvision",
    "cvvdp",
    "dlib-bin",
    "dlib",
    "timm",
    "torchattacks",
    "foolbox",
    "adv-lib",
    "adversarial-robustness-toolbox",
)
"""Distributions whose versions a result carries when they are installed."""


def versions() -> dict[str, str]:
    """Versions by name."""
    found = {"python": platform.python_version()}
    for program in PROGRAMS:
        try:
            found[program] = version(program)
        except PackageNotFoundError:
            continue
    return found
