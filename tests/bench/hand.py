"""Rows written by hand, for what is asked of rows."""

from dataclasses import replace

from sublimen.bench.plan import Arm, Measures, Pictures, Plan, Point
from sublimen.bench.rows import Cost, Gap, Outcome, Quality, Rows

PLAN = Plan(
    title="By hand",
    recogniser="tests.bench.tiny:network",
    pictures=Pictures(source="made", count=4),
    goals=("untargeted",),
    points=(Point(),),
    measures=Measures(metrics=("psnr",), qualities=(90,)),
    arms=(Arm(name="a", attack="bim"), Arm(name="b", attack="pgd")),
)


def plan(**changes):
    """The plan with other fields."""
    return replace(PLAN, **changes)


def rows(values, *, apart=(), goal="untargeted", point="success", file="png"):
    """Rows of arms `{arm: [(fooled, psnr), ...]}`, an image each.

    Images numbered in `apart` are at the goal as they came. Half of what is fooled survives JPEG:
    the images of even number. Gradients are ten times the image's number.
    """
    outcomes, qualities, costs = [], [], []
    count = max(map(len, values.values()), default=0)
    original = [(number in apart, None) for number in range(count)]
    for arm, found in {"original": original, **values}.items():
        for number, (fooled, psnr) in enumerate(found):
            key = {
                "arm": arm,
                "goal": goal,
                "point": point,
                "surrogate": "s",
                "image": f"i{number}",
            }
            outcomes.append(Outcome(**key, victim="s", file=file, fooled=fooled))
            survives = fooled and number % 2 == 0
            if file != "jpeg-90":
                outcomes.append(Outcome(**key, victim="s", file="jpeg-90", fooled=survives))
            if psnr is not None:
                qualities.append(Quality(**key, metric="psnr", value=psnr))
                cost = Cost(**key, gradients=10 * number, forwards=1, seconds=0.5, cpu_seconds=0.25)
                costs.append(cost)
    return Rows(outcomes=tuple(outcomes), qualities=tuple(qualities), costs=tuple(costs))


def gap(arm, image="i0", *, reason="x is not installed"):
    """That an arm could not be run."""
    key = {"goal": "untargeted", "point": "success", "surrogate": "s"}
    return Gap(arm=arm, image=image, reason=reason, **key)
