"""The noise test as tables for people."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np
import torch
from typing_extensions import override

from sublimen.bench.jnd_rows import LOUDNESS, SHARING, Factor, Row
from sublimen.visibility import METERS
from sublimen.visibility.calibration import calibration

DRAWS: Final = 4000
"""Bootstrap samples over the pictures."""

WORST: Final = "worst optimised"
"""The worst of CVVDP, SSIMULACRA 2 and FLIP, beside each meter alone."""

RIVAL: Final = "wu-2017 code"
"""The model that the learned one is held against."""


@final
@dataclass(frozen=True)
class Ratio:
    """A ratio of two readings: geometric mean over the pictures, with its 95 % interval."""

    middle: float
    low: float
    high: float

    @override
    def __str__(self) -> str:
        return f"{self.middle:.2f} [{self.low:.2f}, {self.high:.2f}]"

    @property
    def below(self) -> bool:
        """Whether the whole interval lies below 1."""
        return self.high < 1


@final
class Noise:
    """The rows in JND, and what can be asked of them."""

    def __init__(self, rows: Sequence[Row]) -> None:
        """Convert every score.

        Args:
            rows: The measurements.
        """
        self.pictures = sorted({row.picture for row in rows})
        self.models = sorted({row.model for row in rows if row.model})
        columns = {name: _jnd(name, [row.scores[name] for row in rows]) for name in METERS}
        counting = [c for name, c in columns.items() if METERS[name].role == "optimised"]
        columns[WORST] = np.maximum.reduce(counting)
        self.meters = tuple(columns)
        self.jnd = {
            (name, row.picture, row.model, row.arrangement, row.psnr, row.sign): float(value)
            for name, values in columns.items()
            for row, value in zip(rows, values, strict=True)
        }

    def ratio(
        self,
        meter: str,
        one: tuple[str, str],
        other: tuple[str, str],
        *,
        psnr: Sequence[float] = LOUDNESS,
        signs: Sequence[str] = tuple(SHARING),
    ) -> Ratio:
        """How much less `one` is seen than `other`; each a model and an arrangement.

        The mean over PSNR and signs is taken within each picture, so that pictures are what is
        drawn from.
        """
        logs = np.array(
            [
                [
                    np.log(self.jnd[meter, picture, *one, p, s])
                    - np.log(self.jnd[meter, picture, *other, p, s])
                    for p in psnr
                    for s in signs
                ]
                for picture in self.pictures
            ]
        )
        return interval(logs.mean(axis=1))


def interval(logs: np.ndarray) -> Ratio:
    """Geometric mean of ratios given as logarithms, with its 95 % bootstrap interval."""
    generator = np.random.default_rng(0)
    drawn = generator.choice(logs, (DRAWS, len(logs))).mean(axis=1)
    low, high = np.exp(np.quantile(drawn, [0.025, 0.975]))
    return Ratio(float(np.exp(logs.mean())), float(low), float(high))


def _jnd(meter: str, scores: Sequence[float]) -> np.ndarray:
    jnd = calibration().curve(meter).jnd(torch.tensor(scores, dtype=torch.float64)).numpy()
    least: np.ndarray = np.maximum(jnd, 1e-3)
    return least


def verdicts(noise: Noise) -> dict[str, str]:
    """For each model, whether it passes: by all meters, by some, or by none."""
    found = {}
    for model in noise.models:
        shaped, shuffled = (model, "shaped"), (model, "shuffled")
        passing = [m for m in METERS if noise.ratio(m, shaped, shuffled).below]
        strictly = [m for m in passing if noise.ratio(m, shuffled, ("", "white")).below]
        found[model] = f"{len(passing)} of {len(METERS)} | {len(strictly)} of {len(METERS)}"
    return found


def markdown(noise: Noise, factors: Sequence[Factor], head: str) -> str:
    """All tables.

    Args:
        noise: The noise test.
        factors: How many JND each map is.
        head: Date, versions and what was measured.
    """
    passed = verdicts(noise)
    parts = [
        "# JND models before the meters\n",
        head,
        "<!-- --8<-- [start:factors] -->",
        _table(
            ("model", "mean of the map, levels", "JND of the map as it is", "factor for 1 JND"),
            _factor_lines(factors),
        ),
        "<!-- --8<-- [end:factors] -->",
        "<!-- --8<-- [start:shaped] -->",
        _table(
            ("model", *noise.meters, "shaped less seen by", "and shuffled less than white by"),
            [
                (model, *_cells(noise, (model, "shaped"), (model, "shuffled")), passed[model])
                for model in noise.models
            ],
        ),
        "<!-- --8<-- [end:shaped] -->",
        "<!-- --8<-- [start:white] -->",
        _table(
            ("model", *noise.meters),
            [(model, *_cells(noise, (model, "shuffled"), ("", "white"))) for model in noise.models],
        ),
        "<!-- --8<-- [end:white] -->",
        "<!-- --8<-- [start:rival] -->",
        _table(
            ("model", *noise.meters),
            [
                (model, *_cells(noise, (model, "shaped"), (RIVAL, "shaped")))
                for model in noise.models
                if model != RIVAL
            ],
        ),
        "<!-- --8<-- [end:rival] -->",
        "<!-- --8<-- [start:conditions] -->",
        _table(
            ("model", *(f"{p:g} dB, {s}" for p in LOUDNESS for s in SHARING)),
            [(model, *_conditions(noise, model)) for model in noise.models],
        ),
        "<!-- --8<-- [end:conditions] -->",
        "",
    ]
    return "\n".join(parts)


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [head, ["---"] * sum(cell.count(" | ") + 1 for cell in head), *lines]
    return "\n" + "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _cells(noise: Noise, one: tuple[str, str], other: tuple[str, str]) -> list[str]:
    return [str(noise.ratio(meter, one, other)) for meter in noise.meters]


def _conditions(noise: Noise, model: str) -> list[str]:
    shaped, shuffled = (model, "shaped"), (model, "shuffled")
    return [
        str(noise.ratio(WORST, shaped, shuffled, psnr=[psnr], signs=[sign]))
        for psnr in LOUDNESS
        for sign in SHARING
    ]


def _factor_lines(factors: Sequence[Factor]) -> list[tuple[str, ...]]:
    by_model: Mapping[str, list[Factor]] = {
        model: [f for f in factors if f.model == model]
        for model in sorted({f.model for f in factors})
    }
    pick: Sequence[Callable[[Factor], float]] = (lambda f: f.jnd, lambda f: f.factor)
    return [
        (
            model,
            f"{np.mean([f.mean for f in own]):.1f}",
            *(str(interval(np.log([max(get(f), 1e-6) for f in own]))) for get in pick),
        )
        for model, own in by_model.items()
    ]
