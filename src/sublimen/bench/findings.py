"""The rows of a run, and what tables, verdicts and figures ask of them."""

from collections import defaultdict
from collections.abc import Mapping
from math import isfinite
from typing import Final, final

from sublimen.bench.intervals import Interval, mean, share
from sublimen.bench.plan import ORIGINAL, Plan, Point
from sublimen.bench.rows import PUBLISHED, Rows

COSTS: Final = ("gradients", "forwards", "seconds", "cpu_seconds")
"""Measures that are costs."""

CEILING: Final = 100.0
"""What an infinite PSNR counts as, in dB, so that means exist where a channel was left alone. One
level in one of 224 x 224 samples is 95 dB."""


@final
class Findings:
    """The rows by goal, point and arm.

    Args:
        plan: The plan of the run.
        rows: Its rows.
    """

    def __init__(self, plan: Plan, rows: Rows) -> None:
        self.plan = plan
        self.arms = tuple(arm.name for arm in plan.arms)
        self._fooled: dict[tuple[str, ...], dict[str, bool]] = defaultdict(dict)
        self._values: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
        for verdict in rows.outcomes:
            key = (verdict.goal, verdict.point, verdict.arm, verdict.file)
            self._fooled[key][verdict.image] = verdict.fooled
        for quality in rows.qualities:
            key = (quality.goal, quality.point, quality.arm, quality.metric)
            self._values[key][quality.image] = quality.value if isfinite(quality.value) else CEILING
        self._gaps = {(gap.goal, gap.point, gap.arm): gap.reason for gap in rows.gaps}
        for cost in rows.costs:
            for name in COSTS:
                key = (cost.goal, cost.point, cost.arm, name)
                self._values[key][cost.image] = getattr(cost, name)

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of all that was measured, metrics first."""
        names = dict.fromkeys(key[3] for key in self._values)
        return (*(name for name in names if name not in COSTS), *COSTS)

    @property
    def images(self) -> tuple[str, ...]:
        """Names of the images."""
        return tuple(dict.fromkeys(image for known in self._fooled.values() for image in known))

    def apart(self, goal: str, point: Point) -> set[str]:
        """Images that were at the goal as they came: nothing had to be done to them."""
        return {i for i, fooled in self._verdicts(goal, point, ORIGINAL).items() if fooled}

    def asked(self, goal: str, point: Point) -> list[str]:
        """All other images."""
        apart = self.apart(goal, point)
        return [image for image in self._verdicts(goal, point, ORIGINAL) if image not in apart]

    def gap(self, goal: str, point: Point, arm: str) -> str | None:
        """Why an arm could not be run, with any image; `None` if it was run with all."""
        return self._gaps.get((goal, point.name, arm))

    def _verdicts(self, goal: str, point: Point, arm: str) -> Mapping[str, bool]:
        return self._fooled[goal, point.name, arm, _file(point)]

    def success(self, goal: str, point: Point, arm: str, file: str = "") -> Interval | None:
        """Share of the images asked that are at the goal.

        It is `None` if there was none to ask, or if the arm could not be run.

        Args:
            goal: The goal.
            point: The fixed point.
            arm: The arm.
            file: What is shown, such as `jpeg-90`; what the point says if not given.
        """
        if self.gap(goal, point, arm) is not None:
            return None
        asked = self.asked(goal, point)
        verdicts = self._fooled[goal, point.name, arm, file or _file(point)]
        return share(sum(verdicts[image] for image in asked), len(asked)) if asked else None

    def values(self, goal: str, point: Point, arm: str, measure: str) -> dict[str, float]:
        """A measure of each image that counts: those asked that are at the goal.

        Where the visibility is fixed, it is all that were asked. There are none for an arm that
        could not be run.
        """
        if self.gap(goal, point, arm) is not None:
            return {}
        verdicts = self._verdicts(goal, point, arm)
        known = self._values[goal, point.name, arm, measure]
        every = point.fixed == "visibility"
        return {i: known[i] for i in self.asked(goal, point) if verdicts[i] or every}

    def mean(self, goal: str, point: Point, arm: str, measure: str) -> Interval | None:
        """The mean of a measure over the images that count; `None` if there are none."""
        values = self.values(goal, point, arm, measure)
        return mean(list(values.values())) if values else None


def _file(point: Point) -> str:
    """The file that is to be at the goal."""
    return PUBLISHED if point.quality is None else f"jpeg-{point.quality}"
