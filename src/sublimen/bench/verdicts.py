"""Whether what was claimed is what the rows say."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, final

from sublimen.bench.claims import Claim, parse
from sublimen.bench.findings import Findings
from sublimen.bench.intervals import Interval, mean
from sublimen.bench.plan import Point

Word: TypeAlias = Literal["reproduced", "not reproduced", "undecided", "not measured"]

LEAST: Final = 6
"""Images without which nothing is decided: with five, all differences have one sign by chance more
often than 5 % of the time."""


@final
@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of a claim.

    Args:
        claim: The claim in words.
        goal: Under which goal.
        point: Under which fixed point.
        word: The verdict.
        figures: What it rests on.
    """

    claim: str
    goal: str
    point: str
    word: Word
    figures: str


def verdicts(findings: Findings) -> list[Verdict]:
    """Every claim of the plan under every goal and fixed point, after that of full success."""
    cases = [(goal, point) for goal in findings.plan.goals for point in findings.plan.points]
    return [verdict for goal, point in cases for verdict in _all(findings, goal, point)]


def _all(findings: Findings, goal: str, point: Point) -> Iterator[Verdict]:
    if point.fixed != "visibility":
        yield _success(findings, goal, point)
    for text in findings.plan.claims:
        word, figures = ordering(findings, goal, point, parse(text))
        yield Verdict(claim=text, goal=goal, point=point.name, word=word, figures=figures)


def _success(findings: Findings, goal: str, point: Point) -> Verdict:
    """Whether every arm is at the goal with every image."""
    found = {arm: findings.success(goal, point, arm) for arm in findings.arms}
    short = {arm: rate for arm, rate in found.items() if rate is None or rate.middle < 1}
    word: Word = "not reproduced" if short else "reproduced"
    figures = [
        f"{arm} {round(rate.middle * rate.count)} of {rate.count}"
        if rate is not None
        else f"{arm} not run"
        for arm, rate in short.items()
    ]
    if short and all(rate is None for rate in short.values()):
        word = "not measured"
    if not findings.asked(goal, point):
        figures = ["no image was left to ask"]
    return Verdict(
        claim="100 % success of every arm",
        goal=goal,
        point=point.name,
        word=word,
        figures="; ".join(figures) or f"{len(findings.asked(goal, point))} images",
    )


def ordering(findings: Findings, goal: str, point: Point, claim: Claim) -> tuple[Word, str]:
    """Whether the paired differences lie where the claim says, with the figures.

    The differences are taken within each image with which both arms are at the goal. The claim is
    reproduced if the 95 % bootstrap interval of their mean lies wholly on its side, not
    reproduced if it lies wholly on the other, and undecided if it holds 0 (but with `>=` and `<=`
    an end at 0 is on the claim's side), or if there are fewer than `LEAST` images.
    """
    one = findings.values(goal, point, claim.arm, claim.measure)
    other = findings.values(goal, point, claim.other_arm, claim.other_measure)
    common = [image for image in one if image in other]
    if not common:
        return "not measured", "no image with which both are at the goal"
    sign = 1 if claim.relation.startswith(">") else -1
    found = mean([sign * (one[image] - other[image]) for image in common])
    word = _word(found, equal=claim.relation.endswith("="))
    first, second = (mean([side[image] for image in common]).middle for side in (one, other))
    low, high = sorted((sign * found.low, sign * found.high))
    return word, (
        f"{first:.4g} against {second:.4g}, difference {sign * found.middle:.3g} "
        f"[{low:.3g}, {high:.3g}], {len(common)} images"
    )


def _word(difference: Interval, *, equal: bool) -> Word:
    """The verdict on a difference that is claimed to be above 0, or equal to it."""
    if difference.count < LEAST:
        return "undecided"
    if difference.low > 0 or (equal and difference.low >= 0):
        return "reproduced"
    if difference.high < 0 or (not equal and difference.high <= 0):
        return "not reproduced"
    return "undecided"
