"""Classifiers of timm and torchvision by name, with weights that are on disk already.

Nothing is downloaded: the libraries' own caches are looked into first, and a network is only made
once its file has been found there.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlparse

import torch

from sublimen.catalogue import look_up
from sublimen.checks import need
from sublimen.errors import ModelError, WeightsError
from sublimen.recognisers.checkpoint import read_state_dict
from sublimen.recognisers.normalised import Normalised
from sublimen.recognisers.recogniser import Recogniser
from sublimen.tensor_file import UNREADABLE

EXTRA: Final = "imagenet"
"""Extra that brings both libraries."""

HUB_FILES: Final = ("model.safetensors", "pytorch_model.bin")
"""What timm's weights are called in the cache of the Hugging Face hub."""


def timm_classifier(name: str) -> Recogniser:
    """A classifier of timm with its own normalisation inside.

    Args:
        name: Architecture, with or without timm's tag of the weights: `resnet50.a1_in1k`.

    Raises:
        MissingExtraError: If timm is not installed.
        UnknownNameError: If timm has no such architecture.
        WeightsError: If the weights are not on disk, saying where they were looked for, or do
            not fit.
        ModelError: If the network has no classes.

    References:
        Wightman, "PyTorch Image Models", 2019.
    """
    timm = need("timm", extra=EXTRA)
    architecture, _, tag = name.partition(".")
    look_up(dict.fromkeys(timm.list_models()), architecture, kind="timm model")
    if tag:
        known = timm.list_pretrained(f"{architecture}.*")
        look_up(dict.fromkeys(known), name, kind="timm model with weights")
    path = _found(name, list(_timm_places(timm.get_pretrained_cfg(name))))
    try:
        network = timm.create_model(
            name, pretrained=True, pretrained_cfg_overlay={"file": str(path)}
        )
    except UNREADABLE as error:
        raise WeightsError(
            f"{path} must hold the weights of {name}, got another file: {error}"
        ) from error
    if not network.num_classes:
        raise ModelError(f"{name} must have classes, got a network without; choose another")
    config = timm.data.resolve_model_data_config(network)
    subset = timm.data.infer_imagenet_subset(network)
    labels = timm.data.ImageNetInfo(subset).label_descriptions() if subset else ()
    return Recogniser(
        name=f"timm:{name}",
        model=Normalised(network, config["mean"], config["std"]),
        answers="classes",
        labels=tuple(labels),
        side=config["input_size"][-1],
        source=f"timm {name}, licence {network.pretrained_cfg.get('license') or 'unknown'}",
    )


def torchvision_classifier(name: str) -> Recogniser:
    """A classifier of torchvision with its own normalisation inside.

    Of several sets of weights on disk, torchvision's default counts, else the first.

    Args:
        name: Architecture, such as `resnet50`.

    Raises:
        MissingExtraError: If torchvision is not installed.
        UnknownNameError: If torchvision has no such classifier.
        WeightsError: If no weights are on disk, saying where they were looked for, or they do not
            fit.

    References:
        Marcel, Rodriguez, "Torchvision: the machine-vision package of Torch", ACM MM 2010.
    """
    models = need("torchvision", extra=EXTRA).models
    names = models.list_models(module=models)
    look_up(dict.fromkeys(names), name, kind="torchvision classifier")
    every = models.get_model_weights(name)
    places = {_in_checkpoints(weights.url): weights for weights in (every.DEFAULT, *every)}
    path = _found(name, list(places))
    weights = places[path]
    read_state_dict(path)
    try:
        network = models.get_model(name, weights=weights, progress=False)
    except UNREADABLE as error:
        raise WeightsError(
            f"{path} must hold the weights of {name}, got another file: {error}"
        ) from error
    preset = weights.transforms()
    return Recogniser(
        name=f"torchvision:{name}",
        model=Normalised(network, preset.mean, preset.std),
        answers="classes",
        labels=tuple(weights.meta["categories"]),
        side=preset.crop_size[0],
        source=f"torchvision {weights}",
    )


def _found(name: str, places: list[Path]) -> Path:
    """The first of the places where there is a file."""
    for place in places:
        if place.is_file():
            return place
    looked = ", ".join(map(str, places)) or "no place, as none are published"
    raise WeightsError(
        f"weights of {name} must be on disk, got nothing at {looked}; put the file there, or let "
        "the library fetch it once by itself"
    )


def _timm_places(config: Any) -> Iterator[Path]:  # noqa: ANN401 -- timm is loaded late
    """Where timm keeps a model's weights, nearest first."""
    if config is None:
        return
    if config.file:
        yield Path(config.file)
    if config.hf_hub_id:
        hub = need("huggingface_hub", extra=EXTRA)
        for name in (config.hf_hub_filename,) if config.hf_hub_filename else HUB_FILES:
            cached = hub.try_to_load_from_cache(config.hf_hub_id, name)
            folder = f"models--{config.hf_hub_id.replace('/', '--')}"
            absent = Path(hub.constants.HF_HUB_CACHE) / folder / "snapshots" / name
            yield Path(cached) if isinstance(cached, str) else absent
    if config.url:
        yield _in_checkpoints(config.url)


def _in_checkpoints(url: str) -> Path:
    """Where PyTorch keeps a file of this address."""
    return Path(torch.hub.get_dir()) / "checkpoints" / Path(urlparse(url).path).name
