"""A batch that is too large for the memory, in halves."""

import logging
from collections.abc import Callable

import torch

from sublimen.attacks.outcome import Outcome, joined
from sublimen.attacks.problem import Problem
from sublimen.types import Images

LOG = logging.getLogger("sublimen.attacks")


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
        RuntimeError: If the memory is too small for a single image.
    """
    try:
        return attack(problem, images)
    except RuntimeError as error:
        if len(images) == 1 or not _out_of_memory(error):
            raise
    half = len(images) // 2
    LOG.warning("out of memory with %d images; trying %d at a time", len(images), half)
    rows = torch.arange(len(images), device=images.device)
    return joined(
        [(part, halved(attack, problem.at(part), images[part])) for part in rows.tensor_split(2)]
    )


def _out_of_memory(error: RuntimeError) -> bool:
    """Whether torch says so; on the CPU by the words of its allocator alone."""
    words = str(error)
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in words
