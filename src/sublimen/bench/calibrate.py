"""The calibration of the meters: rows in, curves and bands out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, final

import numpy as np
import torch
from jaxtyping import Float
from scipy.optimize import minimize

from sublimen.bench.calibration_rows import Row
from sublimen.bench.distortions import DISTORTIONS
from sublimen.visibility import METERS
from sublimen.visibility.calibration import NODES, WIDEST, Calibration, Curve

Numbers: TypeAlias = Float[np.ndarray, " rows"]

ANCHORS: Final[Mapping[str, tuple[float, ...]]] = {
    "cvvdp": (9.892, 9.815, 9.686, 9.358),
    "ssimulacra2": (86.5, 83.8, 78.9, 66.3),
    "iw-ssim": (0.9982, 0.9971, 0.9949, 0.988),
}
"""Median scores at `NODES` of 300 crops whose JND people measured: JPEG AIC-3 answers, 5 sources,
6 codecs, 10 levels, in the raw scores of the JPEG AIC-4 data sets."""

PEOPLE: Final[Mapping[str, tuple[float, float]]] = {
    "cvvdp": (9.63, 9.77),
    "ssimulacra2": (75.2, 82.0),
    "iw-ssim": (0.9929, 0.9966),
}
"""The 10 % and 90 % points of the same scores at 1 JND."""

CONSENSUS: Final = ("cvvdp", "ssimulacra2")
"""The meters with human anchors, whose geometric mean is the JND of a changed window."""

FITTED: Final = (0.15, 3.0)
"""JND of the rows that a curve without anchors is fitted to."""

NEAR: Final = (0.7, 1.4)
"""JND of the rows whose residuals make the band at 1 JND."""

SHARE: Final = 0.68
"""Share of the residuals that lie in the band."""


@final
@dataclass(frozen=True, kw_only=True)
class Residual:
    """What a meter says of one kind of change that is near 1 JND by consensus.

    Args:
        meter: The meter's name.
        distortion: Kind of change.
        rows: How many changed windows.
        median: Median ratio of its JND to the consensus; `None` if there is no row.
        low: The ratio that 16 % lie below.
        high: The ratio that 16 % lie above.
    """

    meter: str
    distortion: str
    rows: int
    median: float | None
    low: float | None
    high: float | None


@final
@dataclass(frozen=True, kw_only=True)
class Study:
    """What the rows come to.

    Args:
        calibration: The table.
        residuals: Ratios to the consensus, by meter and distortion.
        consensus: The consensus JND of each row, in the order of the rows.
        people: Half width of the 68 % interval of human anchors at 1 JND, by meter.
        disagreement: Median factor between the two meters with human anchors near 1 JND, by
            distortion.
    """

    calibration: Calibration
    residuals: tuple[Residual, ...]
    consensus: Numbers
    people: Mapping[str, float]
    disagreement: Mapping[str, float]


def fit(rows: Sequence[Row], *, made: str, display: str, versions: Mapping[str, str]) -> Study:
    """Fit every curve and measure how far it is from the consensus.

    Args:
        rows: The measurements.
        made: Date of the study, ISO 8601.
        display: Name of the screen.
        versions: Versions of the programs that took part.
    """
    scores = {name: np.array([row.scores[name] for row in rows]) for name in METERS}
    kinds = np.array([row.distortion for row in rows])
    compressed = np.isin(kinds, [d.name for d in DISTORTIONS if d.compression])
    anchored = {name: _curve(name, nodes) for name, nodes in ANCHORS.items()}
    consensus = np.exp(
        np.mean([_log(_jnd(anchored[name], scores[name])) for name in CONSENSUS], axis=0)
    )
    near = (consensus > NEAR[0]) & (consensus < NEAR[1])
    curves, residuals = {}, []
    for name in METERS:
        curve = anchored.get(name) or _curve(
            name, _fitted(name, scores[name], consensus, compressed)
        )
        ratios = _log(_jnd(curve, scores[name])) - np.log(consensus)
        curves[name] = _with_band(curve, ratios[near & compressed])
        residuals += [
            _residual(name, d.name, ratios[near & (kinds == d.name)]) for d in DISTORTIONS
        ]
    one, other = (_log(_jnd(anchored[name], scores[name])) for name in CONSENSUS)
    apart = {
        d.name: float(np.exp(np.median((other - one)[near & (kinds == d.name)])))
        for d in DISTORTIONS
        if (near & (kinds == d.name)).any()
    }
    return Study(
        calibration=Calibration(curves=curves, made=made, display=display, versions=dict(versions)),
        residuals=tuple(residuals),
        consensus=consensus,
        people={name: _people(anchored[name]) for name in PEOPLE},
        disagreement=apart,
    )


def _curve(name: str, nodes: tuple[float, ...]) -> Curve:
    return Curve(
        meter=name,
        perfect=METERS[name].perfect,
        scores=nodes,
        band=0.0,
        steers=False,
        source="people: JPEG AIC-3" if name in ANCHORS else "through CVVDP and SSIMULACRA 2",
    )


def _jnd(curve: Curve, scores: Numbers) -> Numbers:
    jnd: Numbers = curve.jnd(torch.from_numpy(scores.astype(np.float64))).numpy()
    return jnd


def _log(jnd: Numbers) -> Numbers:
    logarithms: Numbers = np.log(np.maximum(jnd, 1e-6))
    return logarithms


def _fitted(
    name: str, scores: Numbers, consensus: Numbers, compressed: np.ndarray
) -> tuple[float, ...]:
    """Scores at the nodes by JND = (error / a)^b, least absolute deviation of logarithms, on JPEG.

    JPEG is what the human anchors were measured on.
    """
    errors = np.abs(METERS[name].perfect - scores)
    usable = compressed & (consensus > FITTED[0]) & (consensus < FITTED[1]) & (errors > 0)
    x, y = np.log(errors[usable]), np.log(consensus[usable])

    def deviation(line: Float[np.ndarray, "2"]) -> float:
        return float(np.abs(y - line[0] - line[1] * x).mean())

    start = np.polyfit(x, y, 1)[::-1]
    a, b = minimize(deviation, start, method="Nelder-Mead", options={"xatol": 1e-6}).x
    nodes = np.exp((np.log(NODES) - a) / b)
    sign = 1 if METERS[name].perfect < 1 else -1
    return tuple(float(f"{METERS[name].perfect + sign * node:.4g}") for node in nodes)


def _with_band(curve: Curve, ratios: Numbers) -> Curve:
    """The curve with the share of the consensus that 68 % of its residuals stay within."""
    band = float(np.exp(np.quantile(np.abs(ratios), SHARE)) - 1)
    judges = METERS[curve.meter].role == "unseen"
    reason = ""
    if judges:
        reason = "kept for judging"
    elif band > WIDEST:
        reason = f"band of {band:.0%} at 1 JND is wider than {WIDEST:.0%}"
    return Curve(
        meter=curve.meter,
        perfect=curve.perfect,
        scores=curve.scores,
        band=round(band, 3),
        steers=not reason,
        source=curve.source,
        reason=reason,
    )


def _residual(name: str, distortion: str, ratios: Numbers) -> Residual:
    if not len(ratios):
        return Residual(meter=name, distortion=distortion, rows=0, median=None, low=None, high=None)
    low, median, high = np.exp(np.quantile(ratios, [0.16, 0.5, 0.84]))
    return Residual(
        meter=name,
        distortion=distortion,
        rows=len(ratios),
        median=float(median),
        low=float(low),
        high=float(high),
    )


def _people(curve: Curve) -> float:
    """Half the 68 % interval of JND among the anchors' crops at a score of 1 JND.

    A normal distribution's 10 % and 90 % points are 2.563 standard deviations apart.
    """
    ends = np.array(PEOPLE[curve.meter])
    return float(abs(np.diff(_jnd(curve, ends))[0]) / 2.563)


def to_json(calibration: Calibration) -> str:
    """The table as package data."""
    curves = {
        name: {
            "perfect": curve.perfect,
            "scores": list(curve.scores),
            "band": curve.band,
            "steers": curve.steers,
            "source": curve.source,
            "reason": curve.reason,
        }
        for name, curve in calibration.curves.items()
    }
    table = {
        "made": calibration.made,
        "display": calibration.display,
        "nodes": list(NODES),
        "versions": calibration.versions,
        "curves": curves,
    }
    return json.dumps(table, indent=2) + "\n"
