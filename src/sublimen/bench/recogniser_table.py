"""How well recognisers tell people apart, as numbers and as a table for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, final

import numpy as np
from jaxtyping import Bool, Float, Int

from sublimen.bench.intervals import Interval
from sublimen.bench.recogniser_rows import Pair
from sublimen.recognisers import RECOGNISERS

DRAWS: Final = 1000
"""Bootstrap samples of the people."""

RATE: Final = 0.01
"""False-match rate at which a threshold is looked for."""

Distances: TypeAlias = Float[np.ndarray, " pairs"]
Weights: TypeAlias = Float[np.ndarray, " pairs"]


@final
@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """How well one recogniser tells people apart; intervals are over the people.

    Args:
        name: The recogniser's name.
        threshold: Its documented threshold, a Euclidean distance.
        true_matches: Share of the pairs of one person that match at that threshold.
        false_matches: Share of the pairs of different people that match at that threshold.
        area: Probability that a pair of one person is nearer than a pair of two.
        strict: The threshold at which 1 % of the pairs of different people match.
        strict_matches: Share of the pairs of one person that match at the strict threshold.
    """

    name: str
    threshold: float
    true_matches: Interval
    false_matches: Interval
    area: Interval
    strict: Interval
    strict_matches: Interval


@final
class Sorted:
    """The pairs of one recogniser in the order of their distances."""

    def __init__(self, pairs: Sequence[Pair], name: str) -> None:
        """Sort them.

        Args:
            pairs: At least one of one person and one of two.
            name: The recogniser.
        """
        distances = np.array([pair.distances[name] for pair in pairs])
        order = np.argsort(distances, kind="stable")
        self.distances: Distances = distances[order]
        self.same: Bool[np.ndarray, " pairs"] = np.array([pair.same for pair in pairs])[order]
        self.people: Int[np.ndarray, "pairs 2"] = np.array(
            [(pair.one[0], pair.other[0]) for pair in pairs]
        )[order]
        # Pairs at one distance match together.
        self.ends = np.flatnonzero(np.append(np.diff(self.distances) > 0, np.array([True])))

    def weights(self, times: Int[np.ndarray, " people"]) -> Weights:
        """How often each pair counts when each person was drawn so many times."""
        one, other = times[self.people[:, 0]], times[self.people[:, 1]]
        weights: Weights = np.where(self.same, one, one * other).astype(np.float64)
        return weights

    def numbers(self, threshold: float, weights: Weights) -> Float[np.ndarray, "5"]:
        """True and false matches, area, strict threshold and true matches there."""
        true, false = (
            np.append(0.0, (np.cumsum(part) / part.sum())[self.ends])
            for part in (weights * self.same, weights * ~self.same)
        )
        places = self.distances[self.ends]
        at = np.searchsorted(places, threshold, side="right")
        strict = int(np.searchsorted(false, RATE + 1e-9, side="right")) - 1
        area = np.sum(np.diff(false) * (true[1:] + true[:-1]) / 2)
        return np.array(
            [true[at], false[at], area, places[max(strict - 1, 0)], true[strict]], dtype=np.float64
        )


def accuracy(pairs: Sequence[Pair], name: str) -> Accuracy:
    """How well a recogniser tells people apart.

    Args:
        pairs: The measurements.
        name: The recogniser, one of those of the pairs; what follows a space is how it was asked.
    """
    ordered, threshold = Sorted(pairs, name), RECOGNISERS[name.partition(" ")[0]].threshold
    people = int(ordered.people.max()) + 1
    present = np.unique(ordered.people)
    everybody = np.bincount(present, minlength=people)
    middle = ordered.numbers(threshold, ordered.weights(everybody))
    generator = np.random.default_rng(0)
    drawn = (
        ordered.weights(np.bincount(generator.choice(present, len(present)), minlength=people))
        for _ in range(DRAWS)
    )
    # Of very few people a sample may hold no pair of one of the kinds, and says nothing.
    samples = [
        ordered.numbers(threshold, weights)
        for weights in drawn
        if weights[ordered.same].any() and weights[~ordered.same].any()
    ]
    low, high = np.quantile(np.array(samples), [0.025, 0.975], axis=0)
    count = {True: int(ordered.same.sum()), False: int((~ordered.same).sum())}
    counts = [count[True], count[False], len(pairs), count[False], count[True]]
    true_matches, false_matches, area, strict, strict_matches = (
        Interval(float(m), float(a), float(b), n)
        for m, a, b, n in zip(middle, low, high, counts, strict=True)
    )
    return Accuracy(
        name=name,
        threshold=threshold,
        true_matches=true_matches,
        false_matches=false_matches,
        area=area,
        strict=strict,
        strict_matches=strict_matches,
    )


def markdown(found: Sequence[Accuracy], head: str) -> str:
    """The table.

    Args:
        found: One entry a recogniser.
        head: Date, versions and what was measured.
    """
    return "\n".join(
        [
            "# How well the recognisers tell people apart\n",
            head,
            "<!-- --8<-- [start:table] -->\n",
            "| recogniser | matches up to | TAR | FAR | AUC | threshold at FAR 1 % | TAR there |",
            "| --- |" + " --- |" * 6,
            *(
                f"| `{a.name}` | {a.threshold:.3f} | {a.true_matches.text(3)} "
                f"| {a.false_matches.text(4)} | {a.area.text(4)} | {a.strict.text(3)} "
                f"| {a.strict_matches.text(3)} |"
                for a in found
            ),
            "\n<!-- --8<-- [end:table] -->\n",
        ]
    )
