import pytest
import torch
from oracles import Lowest, lattice

from sublimen.attacks import Recognition, Search
from sublimen.attacks.expectation import Expectation
from sublimen.attacks.streams import streams
from sublimen.attacks.transformations import Brightness, Noise
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


class Times(Plus):
    """Multiplies by a number."""

    def see(self, images, draw):
        del draw
        return images * self.number


def test_the_gradient_is_the_mean_of_so_many_draws():
    images = lattice(60, 1, 3, 3)
    view = Expectation(transforms=(Times(1.0), Times(3.0)), samples=16)
    problem = Recognition(lambda candidates: candidates.flatten(1)[:, :1] * 2, Lowest())
    search = Search(problem, images)

    slopes = search.through(view).gradient(images).flatten(1)

    # Slopes are 2 or 6: 4 on average, and a whole number of sixteenths of 4 above 2.
    sixteenths = (slopes[:, 0] - 2) * 4
    torch.testing.assert_close(sixteenths, sixteenths.round())
    assert slopes[:, 0].mean().item() == pytest.approx(4, abs=0.25)
    assert 0.3 < slopes[:, 0].std().item() < 0.7
    assert (slopes[:, 1:] == 0).all()
    assert search.outcome().gradients.tolist() == [16] * 60


def test_company_does_not_matter():
    images = lattice(6, 1, 8, 8)
    view = Expectation(transforms=(Noise(), Brightness(), Plus(0.5)))

    together = view.see(images, Draw(streams(images, 0), images))

    for row in range(6):
        alone = images[row : row + 1]
        assert torch.equal(view.see(alone, Draw(streams(alone, 0), alone)), together[row : row + 1])


def test_each_transform_is_picked_as_often():
    images = torch.zeros(600, 1, 2, 2)
    view = Expectation(transforms=(Plus(1.0), Plus(2.0), Plus(3.0)))

    seen = view.see(images, Draw(streams(lattice(600, 1, 4, 4), 0), images))[:, 0, 0, 0]

    for number in (1.0, 2.0, 3.0):
        assert (seen == number).float().mean().item() == pytest.approx(1 / 3, abs=0.06)


def test_everyday_transforms_keep_images_in_the_range():
    images = lattice(4, 3, 16, 16)

    seen = Expectation(each="all").see(images, Draw(streams(images, 0), images))

    assert seen.shape == images.shape
    assert seen.min() >= 0
    assert seen.max() <= 1
    assert not torch.equal(seen, images)


@pytest.mark.usefixtures("as_users_run_it")
def test_settings_out_of_range_are_refused():
    with pytest.raises(SettingError, match="samples must be at least 1"):
        Expectation(samples=0)
    with pytest.raises(SettingError, match="transforms must hold at least one view"):
        Expectation(transforms=())
    with pytest.raises(SettingError, match="each must be one or all, got 'some'"):
        Expectation(transforms=(Brightness(),), each="some")
