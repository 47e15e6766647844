"""Tables and figure of a frontier, as files beside its rows."""

from pathlib import Path
from typing import Final

from sublimen.bench.figures import COLOURS, MARKERS
from sublimen.bench.frontier_cells import ROLES, Results
from sublimen.bench.frontier_study import Header, read
from sublimen.bench.frontier_table import markdown
from sublimen.bench.intervals import DRAWS
from sublimen.bench.results import writable
from sublimen.checks import need

TABLES: Final = "frontier.md"
"""The tables for people."""

FIGURES: Final = ("frontier.png", "frontier.svg")
"""The figure."""

MADE: Final = (TABLES, *FIGURES)
"""Everything that is written."""


def write(folder: Path) -> Results:
    """Make tables and figure of what a folder holds of a run, and write them there.

    Args:
        folder: Folder of the run.

    Raises:
        PhotoError: If it holds none.
        MissingExtraError: If matplotlib is not installed.
        OutputError: If something cannot be written.
    """
    found = read(folder)
    results = Results(found.header.plan, found.rows)
    with writable(folder):
        (folder / TABLES).write_text(markdown(results, head(found.header, results)), "utf-8")
        draw(results, [folder / name for name in FIGURES])
    return results


def head(header: Header, results: Results) -> str:
    """What was measured, when and by what."""
    used = ", ".join(f"{name} {number}" for name, number in header.versions.items())
    rounds = "; ".join(one.roles for one in header.rounds)
    plan = header.plan
    whose = (
        f"{plan.identities} uncropped stock photos, each against itself as it came"
        if plan.source == "uncropped"
        else f"{plan.identities} people of Labeled Faces in the Wild, one photo of each against "
        f"{plan.others} others"
    )
    return (
        f"Made {header.made} by `sublimen bench frontier`: {len(results.people)} of {whose} "
        f"(seed {plan.seed}); surrogates > judges: {rounds}; landmarks by "
        f"{header.landmarks}; "
        f"95 % intervals, those over people by {DRAWS} bootstrap samples; {used}.\n"
    )


def draw(results: Results, paths: list[Path]) -> None:
    """Draw the match rate over visibility, a column for each version and a line for each role.

    Args:
        results: What was found.
        paths: Files to write to, whose endings name the format.

    Raises:
        MissingExtraError: If matplotlib is not installed.
    """
    need("matplotlib", extra="bench").use("Agg")
    pyplot = need("matplotlib.pyplot", extra="bench")
    versions = results.plan.versions
    figure, axes = pyplot.subplots(
        len(ROLES),
        len(versions),
        figsize=(1 + 2.6 * len(versions), 6.5),
        sharex=True,
        sharey=True,
        squeeze=False,
        constrained_layout=True,
    )
    for line, role in zip(axes, ROLES, strict=True):
        for place, version in zip(line, versions, strict=True):
            for number, arm in enumerate(results.plan.arms):
                cells = [
                    results.cells[key]
                    for visibility in results.plan.visibilities
                    if (key := (arm.name, visibility, version, role)) in results.cells
                ]
                rates = [cell.bootstrap for cell in cells]
                middle = [rate.middle for rate in rates]
                place.errorbar(
                    [cell.visibility for cell in cells],
                    middle,
                    yerr=[
                        [max(rate.middle - rate.low, 0) for rate in rates],
                        [max(rate.high - rate.middle, 0) for rate in rates],
                    ],
                    fmt=f"{MARKERS[number % len(MARKERS)]}-",
                    color=COLOURS[number % len(COLOURS)],
                    label=arm.name,
                )
            place.set(title=f"{role}s, {version}", ylim=(-0.03, 1.03))
            place.grid(visible=True, alpha=0.3)
    for place in axes[-1]:
        place.set_xlabel("JND allowed")
    axes[0][0].set_ylabel("match rate")
    axes[1][0].set_ylabel("match rate")
    axes[0][0].legend(fontsize=8)
    for path in paths:
        figure.savefig(path, dpi=110)
    pyplot.close(figure)
