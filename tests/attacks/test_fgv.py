import pytest
import torch
from oracles import TwoSidedPlane, lattice

from sublimen.attacks import Fgv, Recognition, Untargeted
from sublimen.errors import SettingError


def test_the_change_has_the_proportions_of_the_gradient():
    images = torch.full((1, 1, 1, 3), 100 / 255)
    weights = torch.tensor([4.0, -2.0, 1.0]).view(1, 1, 3)
    plane = TwoSidedPlane(weights)
    plane.offset = plane.side(images) - 80 / 255  # 4 x 16 + 2 x 8 + 1 x 4 = 84 crosses it

    outcome = Fgv()(Recognition(plane, Untargeted(torch.tensor([0]))), images)

    change = ((outcome.images - images) * 255).round().flatten().tolist()
    assert outcome.reached.all()
    assert change[0] == -min(-change[0], 16)
    assert change[1] == pytest.approx(-change[0] / 2, abs=0.5)
    assert change[2] == pytest.approx(change[0] / 4, abs=0.5)
    assert -4 * change[0] + 2 * change[1] - change[2] > 80


def test_it_costs_one_gradient_and_searches_by_forward_passes():
    images = lattice(2, 3, 6, 6)
    plane = TwoSidedPlane(torch.randn(3, 6, 6, generator=torch.Generator().manual_seed(1)))
    plane.offset = plane.side(images) - 0.2

    outcome = Fgv(searches=12)(Recognition(plane, Untargeted(torch.tensor([0, 0]))), images)

    assert outcome.reached.all()
    assert outcome.gradients.tolist() == [1, 1]
    assert (outcome.forwards <= 12).all()


def test_no_search_is_refused():
    with pytest.raises(SettingError, match="searches must be at least 1"):
        Fgv(searches=0)
