"""Figures. Nothing else imports matplotlib."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from sublimen.bench.calibrate import Study
from sublimen.bench.calibration_rows import Row
from sublimen.bench.distortions import DISTORTIONS
from sublimen.bench.findings import Findings
from sublimen.bench.jnd_table import Noise
from sublimen.checks import need
from sublimen.visibility.calibration import NODES

COLOURS: Final = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#000000",
    "#7f7f7f",
    "#e69f00",
)
"""One for each kind of change, told apart by most colour-blind eyes."""

MARKERS: Final = ("o", "s", "^", "D")
"""Shapes, for more kinds than colours."""

RANGE: Final = (0.05, 6.0)
"""JND that the figure shows."""


def write_curves(rows: Sequence[Row], study: Study, path: Path) -> None:
    """Draw each meter's error over the consensus, with its curve.

    Raises:
        MissingExtraError: If matplotlib is not installed.
    """
    need("matplotlib", extra="bench").use("Agg")
    pyplot = need("matplotlib.pyplot", extra="bench")
    curves = study.calibration.curves
    figure, axes = pyplot.subplots(2, 3, figsize=(12, 7.5), constrained_layout=True)
    kinds = np.array([row.distortion for row in rows])
    for place, name in zip(axes.flat, curves, strict=False):
        _draw(place, name, np.array([row.scores[name] for row in rows]), kinds, study)
    legend = axes.flat[-1]
    legend.axis("off")
    handles, labels = axes.flat[0].get_legend_handles_labels()
    legend.legend(handles, labels, loc="center", frameon=False, title="change")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _draw(place: Any, name: str, scores: Any, kinds: Any, study: Study) -> None:  # noqa: ANN401
    curve = study.calibration.curves[name]
    errors = np.maximum(np.abs(curve.perfect - scores), 1e-9)
    for distortion, colour in zip(DISTORTIONS, COLOURS, strict=True):
        chosen = kinds == distortion.name
        place.plot(
            study.consensus[chosen], errors[chosen], ".", ms=3, color=colour, label=distortion.name
        )
    nodes = [abs(curve.perfect - score) for score in curve.scores]
    place.plot(NODES, nodes, "o-", color="black", mfc="white", label="calibration")
    place.set(
        xscale="log",
        yscale="log",
        xlim=RANGE,
        ylim=(nodes[0] / 30, nodes[-1] * 6),
        xlabel="consensus of CVVDP and SSIMULACRA 2, JND",
        ylabel=f"|{curve.perfect:g} - score|",
        title=f"{name}, band {curve.band:.0%}{', steers' if curve.steers else ''}",
    )
    place.grid(visible=True, alpha=0.3)


def write_noise(noise: Noise, path: Path) -> None:
    """Draw how much less shaped noise is seen than shuffled, and shuffled than white.

    Raises:
        MissingExtraError: If matplotlib is not installed.
    """
    need("matplotlib", extra="bench").use("Agg")
    pyplot = need("matplotlib.pyplot", extra="bench")
    height = 1.5 + 0.42 * len(noise.models)
    figure, axes = pyplot.subplots(
        1, 2, figsize=(12, height), sharey=True, sharex=True, constrained_layout=True
    )
    for place, upper, title in (
        (axes[0], "shaped", "shaped over shuffled"),
        (axes[1], "shuffled", "shuffled over white"),
    ):
        _draw_ratios(place, noise, upper)
        place.set(xscale="log", xlabel="ratio of JND at equal PSNR, 95 % interval", title=title)
        place.axvline(1, color="black", lw=0.8)
        place.grid(visible=True, axis="x", which="both", alpha=0.3)
        ticks = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2)
        place.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        place.minorticks_off()
    axes[0].set_yticks(range(len(noise.models)), noise.models)
    axes[0].invert_yaxis()
    axes[0].legend(loc="lower left", fontsize=8)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _draw_ratios(place: Any, noise: Noise, upper: str) -> None:  # noqa: ANN401
    for number, (meter, colour) in enumerate(zip(noise.meters, COLOURS, strict=False)):
        lower = {"shaped": "shuffled", "shuffled": "white"}[upper]
        found = [
            noise.ratio(meter, (model, upper), ("" if lower == "white" else model, lower))
            for model in noise.models
        ]
        rows = np.arange(len(found)) + 0.12 * (number - (len(noise.meters) - 1) / 2)
        middle = np.array([ratio.middle for ratio in found])
        reach = [middle - [r.low for r in found], [r.high for r in found] - middle]
        place.errorbar(middle, rows, xerr=reach, fmt="o", ms=4, lw=1.2, color=colour, label=meter)


def write_trade_off(findings: Findings, path: Path) -> None:
    """Draw the PSNR of each arm over the gradients that it took, a panel for each goal and point.

    Raises:
        MissingExtraError: If matplotlib is not installed.
    """
    need("matplotlib", extra="bench").use("Agg")
    pyplot = need("matplotlib.pyplot", extra="bench")
    cases = [(goal, point) for goal in findings.plan.goals for point in findings.plan.points]
    figure, axes = pyplot.subplots(
        len(cases), 1, figsize=(8, 5 * len(cases)), squeeze=False, constrained_layout=True
    )
    for place, (goal, point) in zip(axes.flat, cases, strict=True):
        for number, arm in enumerate(findings.arms):
            x = findings.mean(goal, point, arm, "gradients")
            y = findings.mean(goal, point, arm, "psnr")
            if x is None or y is None:
                continue
            reach = [[v.middle - v.low, v.high - v.middle] for v in (x, y)]
            place.errorbar(
                max(x.middle, 1),
                y.middle,
                xerr=[[side] for side in reach[0]],
                yerr=[[side] for side in reach[1]],
                fmt=MARKERS[number // len(COLOURS) % len(MARKERS)],
                color=COLOURS[number % len(COLOURS)],
                label=arm,
            )
        place.set(
            xscale="log",
            xlabel="gradients an image",
            ylabel="PSNR, dB",
            title=f"{goal}, {point.name}",
        )
        place.grid(visible=True, alpha=0.3)
        place.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
