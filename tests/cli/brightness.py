"""Classifiers by brightness, for commands that take a `package.module:attribute`."""

import math
from typing import ClassVar

import torch
from typing_extensions import override

from sublimen.recognisers.classifier import Classifier

EDGES = torch.tensor([100.5, 150.5])
"""Mean levels at which dark becomes grey and grey becomes bright."""


class Brightness(Classifier):
    """Dark, grey or bright by the mean of all samples; the middle of a class is its best."""

    name: ClassVar[str] = "brightness"

    def __init__(self, side=None):
        super().__init__()
        self.side = side
        self.labels = ("dark", "Medium Grey", "bright")

    @override
    def classify(self, images):
        return by_mean(images)


def by_mean(images):
    mean = images.flatten(1).mean(dim=1) * 255
    low, high = mean - EDGES[0], mean - EDGES[1]
    return torch.stack([-low, torch.minimum(low, -high), high], dim=1)


named = Brightness()
fixed = Brightness(side=32)


def nameless(images):
    """The same classes without names."""
    return by_mean(images)


def colour_only(images):
    """Takes three channels and nothing else, as most networks do."""
    weights = torch.eye(3, 3).view(3, 3, 1, 1)
    return by_mean(torch.nn.functional.conv2d(images, weights))


def of_one_size(images):
    """Takes 32 x 32 pixels and nothing else."""
    return by_mean(images.flatten(1) @ torch.eye(3 * 32 * 32))


def broken(images):
    """Answers with NaN."""
    return by_mean(images) * math.nan


def changing():
    """Answers in another shape from its fifth question on, when the search has begun."""
    asked = iter(range(1000))

    def answer(images):
        return by_mean(images)[:, : 3 if next(asked) < 4 else 2]

    return answer


def flat(images):
    """Has a slope of zero everywhere."""
    return (by_mean(images) > 0).float() + 0 * images.sum()
