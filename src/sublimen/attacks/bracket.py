"""The least number at which something succeeds, closed in on for each image."""

from dataclasses import dataclass
from typing import final

import torch

from sublimen.types import PerImage, Reached


@final
@dataclass(frozen=True, eq=False)
class Bracket:
    """What is to be tried next, between the largest failure and the smallest success.

    Args:
        trial: What is tried for each image.
        failed: The largest number that has failed.
        reached: The smallest that has succeeded, infinite before any has.
    """

    trial: PerImage
    failed: PerImage
    reached: PerImage

    @staticmethod
    def of(first: PerImage) -> "Bracket":
        """A bracket of which nothing has been tried yet."""
        return Bracket(first, torch.zeros_like(first), torch.full_like(first, torch.inf))

    def after(self, success: Reached, *, growth: float) -> "Bracket":
        """What is known after a trial: before the first success it grows, then it is bisected.

        Args:
            success: Whether the trial has succeeded.
            growth: By how much a trial grows, above 1.
        """
        failed = torch.where(success, self.failed, self.trial)
        reached = torch.where(success, self.trial, self.reached)
        trial = torch.where(reached.isinf(), growth * self.trial, (failed + reached) / 2)
        return Bracket(trial, failed, reached)
