"""Efforts by name and by the clock."""

import pytest

from sublimen.errors import SettingError
from sublimen.photo.effort import STEPS, Effort


def test_a_name_is_a_number_of_steps_and_more_of_them_the_more_thorough():
    steps = [Effort.of(name).steps for name in ("quick", "normal", "thorough")]

    assert steps == sorted(set(STEPS.values()))
    assert Effort.of("normal").seconds is None


def test_a_number_is_seconds_and_its_steps_never_end_before():
    effort = Effort.of("7.5")

    assert effort.seconds == 7.5
    assert effort.steps > 100 * STEPS["thorough"]


@pytest.mark.parametrize("text", ["", "0", "-1", "nan", "inf", "quik"])
def test_anything_else_is_refused(text):
    with pytest.raises(SettingError, match="quick, normal, thorough or a number of seconds"):
        Effort.of(text)
