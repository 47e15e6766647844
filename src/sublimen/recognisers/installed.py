"""The face recognisers whose weights are there, by name."""

from collections.abc import Callable, Mapping
from typing import Final

from sublimen.catalogue import look_up
from sublimen.recognisers.base import Embedder
from sublimen.recognisers.dlib_resnet import DlibResnet
from sublimen.recognisers.fetching import holdings
from sublimen.recognisers.hse_mobilenet import HseMobileNet
from sublimen.recognisers.mobileface import MobileFace
from sublimen.recognisers.mobilefacenet import MobileFaceNet

LOADERS: Final[Mapping[str, Callable[[], Embedder]]] = {
    DlibResnet.name: DlibResnet.load,
    MobileFaceNet.name: MobileFaceNet.load,
    HseMobileNet.name: HseMobileNet.load,
    MobileFace.name: MobileFace.load,
}
"""What loads each face recogniser, in the order in which they become surrogates."""


def embedder(name: str) -> Embedder:
    """A face recogniser with its weights, frozen.

    Args:
        name: One of `LOADERS`.

    Raises:
        UnknownNameError: If there is none of that name.
        MissingExtraError: If what it needs is not installed.
        WeightsError: If its weights are missing or not what they should be.
    """
    return look_up(LOADERS, name, kind="face recogniser")()


def installed() -> tuple[str, ...]:
    """Names of the recognisers whose weights are there, in the order of `LOADERS`.

    Nothing is read: weights that are there and damaged are refused by `embedder`.
    """
    there = {holding.name for holding in holdings() if holding.installed}
    return tuple(name for name in LOADERS if name in there)
