"""What a frontier comes to: match rates, distances and readings."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias, TypeVar, final

import numpy as np
from jaxtyping import Float

from sublimen.bench.frontier_plan import CLEAN, FrontierPlan
from sublimen.bench.frontier_rows import Row
from sublimen.bench.intervals import DRAWS, Interval, mean, share
from sublimen.photo.options import SUBLIMEN

ROLES: Final = ("surrogate", "judge")
"""Roles that have tables, in their order."""

Key = TypeVar("Key")
"""By what rows are put together."""

Counts: TypeAlias = Float[np.ndarray, "people 2"]
"""For each person how many pairs match, and how many there are."""


@final
@dataclass(frozen=True, kw_only=True)
class Cell:
    """One arm at one visibility, in one version, before the recognisers of one role.

    Only pairs that matched before count, in the clean photo after the same upload.

    Args:
        arm: The arm.
        visibility: What was allowed, in JND.
        version: What had become of the file.
        role: `surrogate` or `judge`.
        counts: Pairs by person.
        found: Share of the files in which the face was found.
        distance: Mean distance over the threshold, of all pairs.
    """

    arm: str
    visibility: float
    version: str
    role: str
    counts: Counts
    found: float
    distance: float

    @property
    def wilson(self) -> Interval:
        """The match rate with Wilson's interval, as if all pairs were independent."""
        matching, pairs = self.counts.sum(axis=0).tolist()
        return share(int(matching), int(pairs))

    @property
    def bootstrap(self) -> Interval:
        """The match rate with an interval by a bootstrap over the people."""
        middle, low, high = _quantiles(_rates(self.counts[None], _draws(len(self.counts)))[0])
        return Interval(middle, low, high, len(self.counts))


@final
class Results:
    """The rows of a run, asked by arm, visibility, version and role.

    Args:
        plan: The plan.
        rows: The rows; people who have not come as far as the others are left out.
    """

    def __init__(self, plan: FrontierPlan, rows: Sequence[Row]) -> None:
        self.plan = plan
        units: dict[int, set[tuple[object, ...]]] = {}
        for row in rows:
            units.setdefault(row.identity, set()).add(row.key[1:])
        most = max(map(len, units.values()), default=0)
        self.people = tuple(number for number, done in units.items() if len(done) == most)
        self.rows = [row for row in rows if row.identity in self.people]

    @cached_property
    def _clean(self) -> dict[tuple[int, str, str], str]:
        """Which pairs matched before, by person, recogniser and version."""
        return {
            (row.identity, row.recogniser, row.version): row.matches
            for row in self.rows
            if row.arm == CLEAN
        }

    @cached_property
    def cells(self) -> dict[tuple[str, float, str, str], Cell]:
        """Every cell that holds a pair, by arm, visibility, version and role."""
        return self._cells(lambda row: (row.arm, row.visibility, row.version, row.role))

    @cached_property
    def each(self) -> dict[tuple[str, float, str, str, str], Cell]:
        """The same for each recogniser, whose name is the last part of the key."""
        return self._cells(
            lambda row: (row.arm, row.visibility, row.version, row.role, row.recogniser)
        )

    def _cells(self, key_of: Callable[[Row], Key]) -> dict[Key, Cell]:
        groups: dict[Key, list[Row]] = {}
        for row in self.rows:
            if row.arm != CLEAN:
                groups.setdefault(key_of(row), []).append(row)
        cells = {key: self._cell(group) for key, group in groups.items()}
        return {key: cell for key, cell in cells.items() if cell.counts[:, 1].any()}

    def _cell(self, rows: Sequence[Row]) -> Cell:
        counts = np.zeros((len(self.people), 2))
        for row in rows:
            before = self._clean[row.identity, row.recogniser, row.version]
            place = self.people.index(row.identity)
            kept = [one for one, other in zip(row.matches, before, strict=True) if other == "1"]
            counts[place] += kept.count("1"), len(kept)
        return Cell(
            arm=rows[0].arm,
            visibility=rows[0].visibility,
            version=rows[0].version,
            role=rows[0].role,
            counts=counts,
            found=float(np.mean([row.found for row in rows])),
            distance=float(np.mean([row.distance for row in rows])),
        )

    def before(self) -> Iterator[tuple[str, str, Interval]]:
        """The match rate of the clean photos, by recogniser and version."""
        clean = [row for row in self.rows if row.arm == CLEAN]
        for name in dict.fromkeys(row.recogniser for row in clean):
            for version in self.plan.versions:
                matches = "".join(
                    row.matches for row in clean if (row.recogniser, row.version) == (name, version)
                )
                if matches:
                    yield name, version, share(matches.count("1"), len(matches))

    def readings(self, arm: str, visibility: float, column: str) -> Interval | None:
        """The mean of a column that is the same for all rows of a file; `None` without a number.

        Args:
            arm: The arm.
            visibility: What was allowed.
            column: Name of the column.
        """
        files = {
            row.key: float(getattr(row, column))
            for row in self.rows
            if (row.arm, row.visibility) == (arm, visibility)
        }
        numbers = [value for value in files.values() if math.isfinite(value)]
        return mean(numbers) if numbers else None

    def ratio(self, arm: str, visibility: float, version: str) -> Interval | None:
        """Match rate of an arm over that of the best peer, before the judges.

        The best peer is found anew in each bootstrap sample of the people.

        Args:
            arm: The arm of ours.
            visibility: What was allowed.
            version: What had become of the files.
        """
        peers = [one.name for one in self.plan.arms if one.attack != SUBLIMEN]
        wanted = [(name, visibility, version, "judge") for name in (arm, *peers)]
        if not peers or not all(key in self.cells for key in wanted):
            return None
        counts = np.stack([self.cells[key].counts for key in wanted])
        ours, *others = _rates(counts, _draws(len(self.people)))
        best = np.min(others, axis=0)
        if best[0] == 0:
            return None
        ratios = ours[best > 0] / best[best > 0]
        middle, low, high = _quantiles(ratios)
        return Interval(middle, low, high, len(self.people))


def _draws(people: int) -> Float[np.ndarray, "draws people"]:
    """How often each person counts: once in the first line, as drawn in the others."""
    drawn = np.random.default_rng(0).multinomial(people, [1 / people] * people, size=DRAWS)
    return np.concatenate([np.ones((1, people)), drawn]).astype(np.float64)


def _rates(
    counts: Float[np.ndarray, "arms people 2"], draws: Float[np.ndarray, "draws people"]
) -> Float[np.ndarray, "arms draws"]:
    """The match rate of each arm in each draw that holds a pair for all of them."""
    sums = np.einsum("dp,apk->adk", draws, counts)
    sums = sums[:, (sums[..., 1] > 0).all(axis=0)]
    rates: Float[np.ndarray, "arms draws"] = sums[..., 0] / sums[..., 1]
    return rates


def _quantiles(values: Float[np.ndarray, " draws"]) -> tuple[float, float, float]:
    """The first value, and the ends of the middle 95 % of the others."""
    low, high = np.quantile(values[1:] if len(values) > 1 else values, [0.025, 0.975])
    return float(values[0]), float(low), float(high)
