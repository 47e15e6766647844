"""Ranges of settings. Importing this module loads nothing heavy."""

import math

from sublimen.errors import SettingError


def at_least(least: float, **settings: float) -> None:
    """Refuse settings below `least` and NaN.

    Raises:
        SettingError: Naming the setting.

    Example:
        >>> at_least(1, steps=0)
        Traceback (most recent call last):
        sublimen.errors.SettingError: steps must be at least 1, got 0
    """
    for name, value in settings.items():
        if not value >= least:
            raise SettingError(f"{name} must be at least {least}, got {value}")


def fraction(**settings: float) -> None:
    """Refuse settings outside (0, 1].

    Raises:
        SettingError: Naming the setting.
    """
    for name, value in settings.items():
        if not 0 < value <= 1:
            raise SettingError(f"{name} must be in (0, 1], got {value}")


def positive(**settings: float) -> None:
    """Refuse settings that are not finite and above 0.

    Raises:
        SettingError: Naming the setting.
    """
    for name, value in settings.items():
        if not 0 < value < math.inf:
            raise SettingError(f"{name} must be above 0 and finite, got {value}")
