"""From scores to just noticeable differences, by a table that a study made."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, final

import torch

from sublimen.catalogue import look_up
from sublimen.types import PerImage

TABLE: Final = "calibration.json"
"""The table: package data, written by `sublimen bench calibrate`."""

NODES: Final = (0.25, 0.5, 1.0, 2.0)
"""JND at which scores are known: those of the human anchors."""

WIDEST: Final = 0.25
"""Half width of the band at 1 JND beyond which a meter does not steer."""


@final
@dataclass(frozen=True, kw_only=True)
class Curve:
    """One meter's way from score to JND.

        JND = interpolated linearly between (|perfect - score|, JND) at 0, 0.25, 0.5, 1 and 2,
        and on with the slope of the last piece

    Args:
        meter: The meter's name.
        perfect: Score of equal images.
        scores: Scores at `NODES`.
        band: Half width of the 68 % interval at 1 JND, as a share of the reading.
        steers: Whether an attack may be steered by it.
        source: Where the scores at the nodes come from.
        reason: Why it does not steer; empty if it does.
    """

    meter: str
    perfect: float
    scores: tuple[float, ...]
    band: float
    steers: bool
    source: str
    reason: str = ""

    def jnd(self, scores: PerImage) -> PerImage:
        """JND of each score, at least 0, with a gradient."""
        errors = (self.perfect - scores).abs()
        knots = errors.new_tensor([0.0, *(abs(self.perfect - score) for score in self.scores)])
        values = errors.new_tensor([0.0, *NODES])
        slopes = values.diff() / knots.diff()
        piece = (torch.bucketize(errors.detach(), knots) - 1).clamp(0, len(slopes) - 1)
        return values[piece] + slopes[piece] * (errors - knots[piece])

    def interval(self, jnd: float) -> tuple[float, float]:
        """The 68 % interval of a reading."""
        return jnd * (1 - self.band), jnd * (1 + self.band)


@final
@dataclass(frozen=True, kw_only=True)
class Calibration:
    """The table.

    Args:
        curves: One for each meter, by its name.
        made: Date of the study, ISO 8601.
        display: Name of the screen that it was made for.
        versions: Versions of the programs, by name.
    """

    curves: dict[str, Curve]
    made: str
    display: str
    versions: dict[str, str]

    def curve(self, meter: str) -> Curve:
        """The curve of a meter.

        Raises:
            UnknownNameError: If the table has none.
        """
        return look_up(self.curves, meter, kind="calibrated meter")


@cache
def calibration() -> Calibration:
    """The table that comes with the package."""
    text = (files("sublimen.visibility") / TABLE).read_text("utf-8")
    return parsed(text)


def parsed(text: str) -> Calibration:
    """A table from its JSON."""
    table = json.loads(text)
    curves = {
        name: Curve(meter=name, **{**entry, "scores": tuple(entry["scores"])})
        for name, entry in table["curves"].items()
    }
    return Calibration(
        curves=curves,
        made=table["made"],
        display=table["display"],
        versions=table["versions"],
    )
