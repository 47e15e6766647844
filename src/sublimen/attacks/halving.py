"""A batch that is too large for the memory, in halves."""

import logging
from collections.abc import Callable
from typing import Final, TypeVar

import torch

from sublimen.attacks.outcome import Outcome, joined
from sublimen.attacks.problem import Problem
from sublimen.errors import ModelError
from sublimen.types import Images, Output

T = TypeVar("T")

LOG = logging.getLogger("sublimen.attacks")

WORDS: Final = ("can't allocate memory", "not enough memory", "STATUS_ALLOC_FAILED")
"""What the allocators of the CPU (Linux, Windows) and of CUDA's libraries say."""


def halved(
    attack: Callable[[Problem, Images], Outcome], problem: Problem, images: Images
) -> Outcome:
    """Attack a batch; if the memory is too small, its halves one after the other, and so on.

    Images do not depend on their company, so that nothing but the time changes. A warning of the
    logger `sublimen.attacks` says what happened.

    Args:
        attack: Attacks a batch.
        problem: Of the whole batch.
        images: The whole batch.

    Raises:
        ModelError: If the memory is too small for a single image.
    """
    whole = _if_it_fits(lambda: attack(problem, images), images)
    if whole is not None:
        return whole
    rows = torch.arange(len(images), device=images.device)
    return joined(
        [(part, halved(attack, problem.at(part), images[part])) for part in rows.tensor_split(2)]
    )


def answers(model: Callable[[Images], Output], images: Images) -> Output:
    """What a model answers to a batch, in halves if the memory is too small for the whole.

    Raises:
        ModelError: If the memory is too small for a single image.
    """
    with torch.no_grad():
        whole = _if_it_fits(lambda: model(images), images)
    if whole is not None:
        return whole
    return torch.cat([answers(model, half) for half in images.tensor_split(2)])


def _if_it_fits(work: Callable[[], T], images: Images) -> T | None:
    """What some work on a batch comes to; nothing if it needs more memory than there is."""
    try:
        return work()
    except RuntimeError as error:
        if not _out_of_memory(error):
            raise
        if len(images) == 1:
            height, width = images.shape[2:]
            raise ModelError(
                "model must fit into the memory with a single image, got out of memory with "
                f"{width} x {height} pixels; reduce the image"
            ) from error
    LOG.warning(
        "out of memory with %d images; trying %d at a time", len(images), (len(images) + 1) // 2
    )
    return None


def _out_of_memory(error: RuntimeError) -> bool:
    """Whether torch says so; besides its own class by the words of its allocators."""
    words = str(error)
    return isinstance(error, torch.OutOfMemoryError) or any(said in words for said in WORDS)
