import pytest

from sublimen.errors import SettingError, UnknownNameError
from sublimen.visibility.cvvdp import program
from sublimen.visibility.displays import DISPLAYS, Display, display


@pytest.mark.parametrize(
    ("name", "ppd"), [("standard_fhd", 37.84), ("standard_4k", 75.4), ("standard_phone", 120.6)]
)
def test_pixels_per_degree_are_the_published_ones_and_the_programs(name, ppd):
    screen = display(name)

    assert screen.pixels_per_degree == pytest.approx(ppd, abs=0.05)
    assert screen.pixels_per_degree == pytest.approx(program(screen).pix_per_deg, rel=1e-6)


def test_an_unknown_display_gets_advice():
    with pytest.raises(UnknownNameError, match="no display 'standard_fdh'; did you mean standard_"):
        display("standard_fdh")


def test_a_display_must_have_a_size():
    with pytest.raises(SettingError, match="distance must be above 0"):
        Display(name="mine", width=10, height=10, diagonal=1, distance=0)


def test_the_names_are_those_of_the_displays():
    assert all(name == screen.name for name, screen in DISPLAYS.items())
