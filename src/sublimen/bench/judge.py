"""Judging the files of a run: a recogniser, metrics and meters that know nothing of the attack."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import final

import numpy as np
import torch
from PIL import Image

from sublimen.attacks.goal import Goal
from sublimen.bench.arms import entry
from sublimen.bench.plan import Measures
from sublimen.bench.rows import PUBLISHED
from sublimen.bench.survival import recompressed
from sublimen.catalogue import look_up
from sublimen.imaging.levels import from_bytes, to_bytes
from sublimen.jnd import JndModel
from sublimen.metrics import METRICS
from sublimen.metrics.beyond import beyond_share
from sublimen.types import Images, Output
from sublimen.visibility.answer import Observer

BEYOND = "beyond_jnd"
"""Metric: share of the samples that moved beyond the JND map."""

VISIBILITY = "visibility"
"""Metric: JND by the worst optimised meter at 1:1."""


@final
class Judge:
    """Looks at files as anybody would: opens them, shows them to a recogniser, measures them.

    Args:
        model: The recogniser.
        measures: What is measured.

    Raises:
        UnknownNameError: If there is no such metric or JND model.
        MissingExtraError: If the meters are wanted and not installed.
    """

    def __init__(self, model: Callable[[Images], Output], measures: Measures) -> None:
        self.model = model
        self.measures = measures
        self.metrics = {name: look_up(METRICS, name, kind="metric") for name in measures.metrics}
        self.jnd = entry(JndModel, measures.jnd, where="measures.jnd")
        self.observer = Observer.of(viewing="desk") if measures.visible else None

    @torch.no_grad()
    def outcomes(self, path: Path, goal: Goal, quality: int | None = None) -> dict[str, bool]:
        """Whether a file, and what JPEG leaves of it, is at the goal.

        Args:
            path: The file.
            goal: The goal for this one image.
            quality: A JPEG quality besides those of the plan.
        """
        image = opened(path)
        tried = {*self.measures.qualities, *([] if quality is None else [quality])}
        shown = {PUBLISHED: image}
        shown |= {f"jpeg-{q}": recompressed(image, q) for q in sorted(tried, reverse=True)}
        return {name: bool(goal.reached(self.model(one))[0]) for name, one in shown.items()}

    def qualities(self, original: Images, path: Path) -> dict[str, float]:
        """Every metric of a file against its original, by name.

        Args:
            original: A batch of one.
            path: The file.
        """
        return dict(self._qualities(original, opened(path)))

    @torch.no_grad()
    def _qualities(self, original: Images, image: Images) -> Iterator[tuple[str, float]]:
        for name, metric in self.metrics.items():
            yield name, metric(original, image).item()
        yield BEYOND, beyond_share(original, image, self.jnd(original)).mean().item()
        if self.observer is not None:
            yield VISIBILITY, self.reading(original, image)

    def reading(self, original: Images, image: Images) -> float:
        """JND of one image against its original, by the worst optimised meter at 1:1."""
        observer = self.observer or Observer.of(viewing="desk")
        return observer.limited(to_bytes(original), to_bytes(image), ())


def opened(path: Path) -> Images:
    """A file as a batch of one."""
    with Image.open(path) as picture:
        levels = np.array(picture)
    return from_bytes(levels.reshape(*levels.shape[:2], -1))
