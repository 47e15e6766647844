"""What the meters say of a change, in one viewing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from sublimen.recognisers.face import Box
from sublimen.visibility.base import Role
from sublimen.visibility.views import Viewing


@final
@dataclass(frozen=True, kw_only=True)
class MeterReading:
    """What one meter says in its own worst window.

    Args:
        score: Its score there, in its own unit.
        jnd: The same in just noticeable differences.
        role: Whether attacks may follow it.
        window: The part of the photo that was seen there.
        extrapolated: Whether it lies beyond what was calibrated.
    """

    score: float
    jnd: float
    role: Role
    window: Box
    extrapolated: bool


@final
@dataclass(frozen=True, kw_only=True)
class Reading:
    """How visible a change is in one viewing.

    Args:
        viewing: Which one.
        jnd: The worst optimised meter in the worst window; 0 if nothing differs.
        band: The 68 % interval of that meter's calibration around it.
        meter: Name of that meter; `None` if nothing differs.
        window: The part of the photo that was seen in that window; `None` if nothing differs.
        jnd_unseen: The worst meter that no attack follows, in its worst window; `None` if there
            is none.
        meters: Every meter by its name.
        windows: How many windows hold a change.
        read: How many of them the optimised meters read.
    """

    viewing: Viewing
    jnd: float
    band: tuple[float, float]
    meter: str | None
    window: Box | None
    jnd_unseen: float | None
    meters: Mapping[str, MeterReading]
    windows: int
    read: int
