import pytest
import torch
from oracles import lattice

from sublimen.attacks.expectation import Expectation
from sublimen.attacks.streams import streams
from sublimen.attacks.transformations import Brightness
from sublimen.attacks.view import Draw, View
from sublimen.errors import SettingError


class Plus(View):
    """Adds a number, to be told apart."""

    def __init__(self, number):
        self.number = number

    @property
    def transparent(self):
        return False

    def see(self, images, draw):
        del draw
        return images + self.number


def test_all_transforms_in_turn_or_one_of_them():
    images = torch.zeros(40, 1, 2, 2)
    draw = Draw(streams(lattice(40, 1, 2, 2), 3), images)
    both = (Plus(1.0), Plus(10.0))

    every = Expectation(transforms=both, each="all").see(images, draw)
    one = Expectation(transforms=both).see(images, draw)

    assert (every == 11).all()
    assert set(one.flatten(1)[:, 0].tolist()) == {1.0, 10.0}


@pytest.mark.usefixtures("as_users_run_it")
def test_settings_out_of_range_are_refused():
    with pytest.raises(SettingError, match="samples must be at least 1"):
        Expectation(samples=0)
    with pytest.raises(SettingError, match="transforms must hold at least one view"):
        Expectation(transforms=())
    with pytest.raises(SettingError, match="each must be one or all, got 'some'"):
        Expectation(transforms=(Brightness(),), each="some")
