"""How long a search may take. Importing this module loads nothing heavy."""

from dataclasses import dataclass
from typing import Final, final

from sublimen.errors import SettingError

STEPS: Final = {"quick": 25, "normal": 100, "thorough": 500}
"""Steps of a search by its name."""

ENDLESS: Final = 100_000
"""Steps of a search that ends by the clock."""


@final
@dataclass(frozen=True, kw_only=True)
class Effort:
    """What a search on one face may cost.

    Args:
        steps: Steps at most.
        seconds: Time after which it ends with what it has; `None` for no limit.
    """

    steps: int
    seconds: float | None = None

    @classmethod
    def of(cls, text: str) -> "Effort":
        """What was typed: quick, normal, thorough, or seconds.

        Raises:
            SettingError: If it is none of these.

        Example:
            >>> Effort.of("quick").steps, Effort.of("2.5").seconds
            (25, 2.5)
        """
        if text in STEPS:
            return cls(steps=STEPS[text])
        try:
            seconds = float(text)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds < float("inf"):
            raise SettingError(
                f"effort must be quick, normal, thorough or a number of seconds above 0, got {text}"
            )
        return cls(steps=ENDLESS, seconds=seconds)
