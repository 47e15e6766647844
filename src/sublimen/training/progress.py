"""What people see of a run."""

import time
from collections.abc import Callable
from typing import Final, final

from sublimen.training.hvs_sd import Plan, Stage
from sublimen.training.losses import Terms

EVERY: Final = 20
"""Steps from one line to the next."""


@final
class Progress:
    """A line every twenty steps: stage, step, losses, and how long the stage will take.

    Args:
        plan: What is done.
        say: Where the lines go.
    """

    def __init__(self, plan: Plan, say: Callable[[str], None]) -> None:
        self.plan, self.say = plan, say
        self.begun: dict[Stage, tuple[int, float]] = {}

    def __call__(self, stage: Stage, step: int, terms: Terms) -> None:
        """Told of a step."""
        now = time.monotonic()
        first, start = self.begun.setdefault(stage, (step, now))
        if step % EVERY and step + 1 != self.plan.steps(stage):
            return
        done = step - first
        left = (now - start) / max(done, 1) * (self.plan.steps(stage) - step - 1)
        losses = ", ".join(
            f"{name} {value:.4g}"
            for name, value in zip(terms.names, terms.values.tolist(), strict=True)
        )
        ending = f", {left / 60:.0f} min left" if done else ""
        self.say(f"{stage} {step + 1}/{self.plan.steps(stage)}: {losses}{ending}")
