"""Screens: how many pixels are seen under one degree."""

import math
from dataclasses import dataclass
from typing import Final, final

from sublimen.catalogue import look_up
from sublimen.checks import positive


@final
@dataclass(frozen=True, kw_only=True)
class Display:
    """A flat screen and where it is seen from.

    Args:
        name: Name that ColorVideoVDP knows its photometry by.
        width: Pixels of a row.
        height: Rows.
        diagonal: Length of the diagonal in inches, above 0.
        distance: Viewing distance in metres, above 0.
    """

    name: str
    width: int
    height: int
    diagonal: float
    distance: float

    def __post_init__(self) -> None:
        positive(
            width=self.width, height=self.height, diagonal=self.diagonal, distance=self.distance
        )

    @property
    def pixels_per_degree(self) -> float:
        """Pixels seen under the degree around the screen's centre.

        Example:
            >>> round(display("standard_fhd").pixels_per_degree, 2)
            37.84
        """
        pixel = self.diagonal * 0.0254 / math.hypot(self.width, self.height)
        return 1 / math.degrees(2 * math.atan(pixel / 2 / self.distance))

    @property
    def rounded(self) -> float:
        """The same to two decimals, as FLIP's scores are published: 37.84."""
        return round(self.pixels_per_degree, 2)


DISPLAYS: Final = {
    d.name: d
    for d in (
        Display(name="standard_fhd", width=1920, height=1080, diagonal=24, distance=0.6),
        Display(name="standard_4k", width=3840, height=2160, diagonal=30, distance=0.7472),
        Display(name="standard_phone", width=2400, height=1080, diagonal=6, distance=0.4),
    )
}
"""The screens of ColorVideoVDP 0.5.7 that a photo is looked at on. The calibration was made on the
first, as the human anchors were."""


def display(name: str) -> Display:
    """The screen called `name`.

    Raises:
        UnknownNameError: If there is no such screen.
    """
    return look_up(DISPLAYS, name, kind="display")
