import pytest
import torch
from oracles import Ramp, TwoSidedPlane, lattice

from sublimen.attacks import Bim, JndBox, Linf, Pgd, Recognition, Untargeted
from sublimen.errors import SettingError


@pytest.mark.parametrize("budget", [Linf(3 / 255), JndBox(Ramp())])
def test_without_a_random_start_it_is_the_basic_iterative_method(budget, generator):
    images = lattice(3, 3, 8, 8)
    plane = TwoSidedPlane(torch.randn(3, 8, 8, generator=generator), offset=-4.0)
    problem = Recognition(plane, Untargeted(plane(images).argmax(dim=1)))

    pgd = Pgd(budget=budget, steps=6, step_size=0.3, random_start=False)(problem, images)
    bim = Bim(budget=budget, steps=6, step_size=0.3)(problem, images)

    assert torch.equal(pgd.images, bim.images)
    assert torch.equal(pgd.gradients, bim.gradients)
    torch.testing.assert_close(pgd.trace, bim.trace, equal_nan=True)


def first_look(images, budget, seed=0):
    """Where the attack starts."""
    seen = []

    def model(candidates):
        seen.append(candidates.detach())
        return torch.stack([candidates.flatten(1).sum(dim=1) * 0 + 9, torch.zeros(1)], dim=1)

    def stop(state):
        if state.round == 1:
            raise KeyboardInterrupt

    problem = Recognition(model, Untargeted(torch.tensor([0])))
    with pytest.raises(KeyboardInterrupt):
        Pgd(budget=budget)(problem, images, seed=seed, watch=stop)
    return seen[-1]


def test_the_start_is_drawn_evenly_from_the_box_of_each_sample():
    images = torch.full((1, 1, 64, 64), 0.5)
    images[..., 32:] = 0.9
    jnd = Ramp(floor=2 / 255, slope=20 / 255)  # 12 and 20 levels

    start = ((first_look(images, JndBox(jnd)) - images) * 255).squeeze()

    for part, radius in ((start[:, :32], 12), (start[:, 32:], 20)):
        assert part.abs().max() <= radius + 1e-4
        assert part.abs().mean().item() == pytest.approx(radius / 2, rel=0.05)
        assert part.mean().item() == pytest.approx(0, abs=0.05 * radius)


def test_the_start_stays_between_black_and_white():
    images = lattice(1, 1, 8, 8).round()  # all black or white

    start = first_look(images, Linf(0.5))

    assert ((start >= 0) & (start <= 1)).all()


def test_other_seeds_start_elsewhere():
    images = lattice(1, 1, 8, 8)

    assert torch.equal(first_look(images, Linf(0.1)), first_look(images, Linf(0.1), seed=0))
    assert not torch.equal(first_look(images, Linf(0.1)), first_look(images, Linf(0.1), seed=1))


@pytest.mark.parametrize("settings", [{"steps": 0}, {"step_size": 0.0}, {"step_size": 1.1}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} must be"):
        Pgd(**settings)
