"""Tables of a run, made of its rows and nothing else."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from sublimen.bench import rows as files
from sublimen.bench.figures import write_trade_off
from sublimen.bench.findings import CEILING, Findings
from sublimen.bench.intervals import Interval
from sublimen.bench.plan import Point
from sublimen.bench.rows import Header
from sublimen.bench.verdicts import verdicts
from sublimen.checks import need
from sublimen.errors import PhotoError
from sublimen.whole_file import write_atomically

FILES: Final = ("tables.md", "tables.csv", "trade-off.png")
"""What is written: the tables for people, the same numbers for programs, the figure."""

Column: TypeAlias = tuple[str, int]

HEADINGS: Final[dict[str, Column]] = {
    "psnr": ("PSNR, dB", 2),
    "ssim": ("SSIM", 4),
    "ciede2000_mean": ("mean dE00", 3),
    "beyond_jnd": ("share beyond JND", 4),
    "visibility": ("visibility, JND", 3),
    "psnr_red": ("PSNR R, dB", 2),
    "psnr_green": ("PSNR G, dB", 2),
    "psnr_blue": ("PSNR B, dB", 2),
    "linf": ("largest change, levels", 1),
    "gradients": ("gradients", 0),
    "forwards": ("forward passes", 0),
    "seconds": ("seconds", 2),
    "cpu_seconds": ("CPU seconds", 2),
}
"""Heading and digits of a measure; others go by their name, with four digits."""

DETAILS: Final = ("psnr_red", "psnr_green", "psnr_blue", "linf", "forwards", "cpu_seconds")
"""Measures of the second table."""

SHORT: Final = "*"
"""Mark of an arm that is not at the goal with every image."""

NOT_RUN: Final = "not run"
"""What stands for the success of an arm that could not be run."""

FIXED: Final = {
    "success": "the goal is reached, by each method's own means",
    "margin": "the goal leads by {at:g} logits",
    "survival": "the goal is reached after JPEG of quality {at:g}",
    "visibility": "every change is scaled to measure {at:g} JND",
}


def write(folder: Path) -> Findings:
    """Write the tables and the figure of the run in a folder.

    Raises:
        PhotoError: If it holds no finished run.
        MissingExtraError: If matplotlib is not installed.
        OutputError: If the results cannot be written.
    """
    need("matplotlib", extra="bench")
    header, findings = read(folder)
    write_atomically(folder / FILES[0], markdown(header, findings).encode(), force=True)
    write_atomically(folder / FILES[1], table(findings).encode(), force=True)
    write_trade_off(findings, folder / FILES[2])
    return findings


def read(folder: Path) -> tuple[Header, Findings]:
    """The header and the rows of a run.

    Raises:
        PhotoError: If the folder holds no finished run.
    """
    header = files.read_header(folder)
    if header is None:
        raise PhotoError(f"{folder} must hold a run, got no {files.HEADER}; see sublimen bench run")
    return header, Findings(header.plan, files.read(folder))


def markdown(header: Header, findings: Findings) -> str:
    """All tables for people, each between markers by which a page can show it."""
    plan = header.plan
    versions = ", ".join(f"{name} {number}" for name, number in header.versions.items())
    parts = [
        f"# {plan.title}\n",
        f"Begun {header.date} by `sublimen bench run` on {header.device}: {len(findings.images)} "
        f"images ({plan.pictures.source}), {plan.recogniser}, seed {plan.seed}; {versions}. Means "
        "over the images with 95 % bootstrap intervals, shares with Wilson's. Success and quality "
        "are those of the PNG file as read back; PSNR of equal samples counts as "
        f"{CEILING:g} dB.\n",
    ]
    for goal in plan.goals:
        for point in plan.points:
            parts += _section(findings, goal, point)
    parts += ["## Claims\n", *_marked("claims", _claims(findings))]
    return "\n".join(parts) + "\n"


def _section(findings: Findings, goal: str, point: Point) -> list[str]:
    apart = len(findings.apart(goal, point))
    words = FIXED[point.fixed].format(at=point.at)
    note = (
        f"Fixed: {words}. {len(findings.asked(goal, point))} images; {apart} more were at the "
        "goal as they came and are left out."
    )
    short = [arm for arm in findings.arms if _is_short(findings, goal, point, arm)]
    if short and point.fixed != "visibility":
        note += (
            f" {SHORT}: not at the goal with every image; its means are over those with which it "
            "is, and are not to be compared with the others'."
        )
    key = f"{goal}-{point.name}"
    return [
        f"## {goal.capitalize()}, {point.name}\n",
        f"{note}\n",
        *_gaps(findings, goal, point),
        *_marked(key, _lines(findings, goal, point, details=False)),
        *_marked(f"{key}-details", _lines(findings, goal, point, details=True)),
    ]


def _gaps(findings: Findings, goal: str, point: Point) -> Iterator[str]:
    """A list of the arms that could not be run, with the reasons."""
    gaps = {arm: findings.gap(goal, point, arm) for arm in findings.arms}
    lines = [f"- {arm} {NOT_RUN}: {reason}\n" for arm, reason in gaps.items() if reason]
    if lines:
        yield "".join(lines)


def _marked(name: str, lines: Iterable[Sequence[str]]) -> Iterator[str]:
    head, *rest = lines
    drawn = [head, ["---"] * len(head), *rest]
    yield f"<!-- --8<-- [start:{name}] -->\n"
    yield from (f"| {' | '.join(line)} |" for line in drawn)
    yield f"\n<!-- --8<-- [end:{name}] -->\n"


def _lines(
    findings: Findings, goal: str, point: Point, *, details: bool
) -> Iterator[tuple[str, ...]]:
    measures = [m for m in findings.measures if (m in DETAILS) == details]
    shown = [f"jpeg-{q}" for q in findings.plan.measures.qualities] if details else [""]
    heads = [file.replace("jpeg-", "after JPEG ") or "success" for file in shown]
    yield "arm", *heads, *(_heading(measure)[0] for measure in measures)
    for arm in findings.arms:
        rates = [_rate(findings.success(goal, point, arm, file)) for file in shown]
        if findings.gap(goal, point, arm) is not None:
            rates = [NOT_RUN] * len(shown)
        means = [
            _cell(findings.mean(goal, point, arm, measure), _heading(measure)[1])
            for measure in measures
        ]
        mark = SHORT if _is_short(findings, goal, point, arm) else ""
        yield f"{arm}{mark}", *rates, *means


def _is_short(findings: Findings, goal: str, point: Point, arm: str) -> bool:
    rate = findings.success(goal, point, arm)
    return rate is not None and rate.middle < 1


def _heading(measure: str) -> Column:
    return HEADINGS.get(measure, (measure, 4))


def _cell(interval: Interval | None, digits: int) -> str:
    return "-" if interval is None else interval.text(digits)


def _rate(interval: Interval | None) -> str:
    if interval is None:
        return "-"
    hits = round(interval.middle * interval.count)
    return f"{hits}/{interval.count} [{interval.low:.0%}, {interval.high:.0%}]"


def _claims(findings: Findings) -> list[tuple[str, ...]]:
    lines = [
        (f"`{verdict.claim}`", f"{verdict.goal}, {verdict.point}", verdict.word, verdict.figures)
        for verdict in verdicts(findings)
    ]
    return [("claim", "under", "verdict", "figures"), *lines]


def table(findings: Findings) -> str:
    """The numbers of all tables as CSV."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(("goal", "point", "arm", "measure", "mean", "low", "high", "images"))
    for goal in findings.plan.goals:
        for point in findings.plan.points:
            for arm in findings.arms:
                for name, found in _numbers(findings, goal, point, arm):
                    numbers = (f"{v:.6g}" for v in (found.middle, found.low, found.high))
                    writer.writerow((goal, point.name, arm, name, *numbers, found.count))
    return buffer.getvalue()


def _numbers(
    findings: Findings, goal: str, point: Point, arm: str
) -> Iterator[tuple[str, Interval]]:
    tried = [f"jpeg-{q}" for q in findings.plan.measures.qualities]
    for name, file in {"success": "", **{f"success {file}": file for file in tried}}.items():
        rate = findings.success(goal, point, arm, file)
        if rate is not None:
            yield name, rate
    for measure in findings.measures:
        found = findings.mean(goal, point, arm, measure)
        if found is not None:
            yield measure, found
