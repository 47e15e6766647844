import pytest
import torch
from oracles import Lowest, Ramp, Scripted, TwoSidedPlane, lattice

from sublimen.attacks import Bim, JndBox, Linf, MiFgsm, Pgd, Recognition, Untargeted
from sublimen.attacks.mi_fgsm import unit_mean
from sublimen.errors import SettingError


@pytest.mark.parametrize("budget", [Linf(3 / 255), JndBox(Ramp())])
def test_without_decay_it_is_the_basic_iterative_method(budget):
    images = lattice(3, 3, 8, 8)
    torch.manual_seed(3)
    network = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(192, 8), torch.nn.Tanh(), torch.nn.Linear(8, 4)
    ).requires_grad_(False)
    problem = Recognition(network, Untargeted(network(images).argmax(dim=1), margin=0.3))
    settings = {"budget": budget, "steps": 7, "step_size": 0.3}

    mi_fgsm = MiFgsm(**settings, decay=0.0)(problem, images)
    bim = Bim(**settings)(problem, images)
    pgd = Pgd(**settings, random_start=False)(problem, images)

    assert torch.equal(mi_fgsm.images, bim.images)
    assert torch.equal(mi_fgsm.gradients, bim.gradients)
    assert torch.equal(mi_fgsm.images, pgd.images)


def test_a_steep_step_outweighs_a_shallow_one_back():
    # Normalised slopes are (1.5, 0.5) and (-1, 1), so that the left sample goes on; accumulated
    # signs would stop it.
    model = Scripted((3.0, 1.0), (-1.0, 1.0))
    images = torch.full((1, 1, 1, 2), 125 / 255)

    MiFgsm(budget=Linf(100 / 255), steps=2, step_size=0.25)(Recognition(model, Lowest()), images)

    assert model.levels[:3] == [[125, 125], [100, 100], [75, 75]]


def test_a_shallow_step_counts_as_much_as_a_steep_one():
    # Normalised slopes of the left sample are 1 and -1.5; plain sums would be 30 - 1.5.
    model = Scripted((30.0, 30.0), (-1.5, 0.5))
    images = torch.full((1, 1, 1, 2), 125 / 255)

    MiFgsm(budget=Linf(100 / 255), steps=2, step_size=0.25)(Recognition(model, Lowest()), images)

    assert model.levels[2] == [125, 75]


def test_what_is_left_of_the_sum_decays():
    # Right sample: 1, then 0.5 - 0.6, where the whole sum would still be 0.4.
    model = Scripted((1.0, 1.0), (1.4, -0.6))
    images = torch.full((1, 1, 1, 2), 125 / 255)
    attack = MiFgsm(budget=Linf(100 / 255), steps=2, step_size=0.25, decay=0.5)

    attack(Recognition(model, Lowest()), images)

    assert model.levels[2] == [75, 125]


@pytest.mark.parametrize(
    ("slopes", "last"), [([(0, 0), (1, 1)], 75), ([(1, 1), (0, 0), (1, 1)], 25)]
)
def test_a_flat_step_does_not_freeze_momentum(slopes, last):
    model = Scripted(*slopes)
    images = torch.full((1, 1, 1, 2), 100 / 255)
    attack = MiFgsm(budget=Linf(100 / 255), steps=len(slopes), step_size=0.25)

    attack(Recognition(model, Lowest()), images)

    assert model.levels[-1] == [last, last]


def test_each_image_is_normalised_by_itself():
    # The first image is a thousand times as steep.
    gradient = torch.tensor([[3000.0, -1000.0], [3.0, -1.0]]).view(2, 1, 1, 2)

    assert unit_mean(gradient).flatten().tolist() == pytest.approx([1.5, -0.5, 1.5, -0.5])


def test_even_the_flattest_slope_is_normalised_and_zero_stays_zero():
    gradient = torch.zeros(2, 1, 1, 1000)
    gradient[1, ..., 0] = 1e-44

    unit = unit_mean(gradient).flatten(1)

    assert (unit[0] == 0).all()
    assert unit[1, 0].item() == pytest.approx(1000)


def test_it_stays_in_the_box_of_each_sample():
    images = lattice(1, 1, 6, 6)
    plane = TwoSidedPlane(torch.ones(1, 6, 6), offset=-50.0)
    jnd = Ramp(floor=2 / 255, slope=9 / 255)

    outcome = MiFgsm(budget=JndBox(jnd))(Recognition(plane, Lowest()), images)

    levels = (jnd(images) * 255 + 1e-3).floor()
    expected = ((images * 255).round() - levels).clamp(min=0)
    assert torch.equal((outcome.images * 255).round(), expected)


@pytest.mark.parametrize("settings", [{"steps": 0}, {"step_size": 1.1}, {"decay": -0.1}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} must be"):
        MiFgsm(**settings)
