from types import SimpleNamespace

import pytest
import torch

from sublimen.attacks import Bim, Fgsm, Linf, Options
from sublimen.attacks.ddn import Ddn
from sublimen.attacks.pgd_l2 import PgdL2
from sublimen.errors import SettingError
from sublimen.interop import FoolboxStyle, unit_model
from sublimen.interop.foolbox_style import shortened


class Model:
    """Six classes, called with inputs between its bounds, as foolbox's models are."""

    def __init__(self, bounds=(0, 1)):
        self.bounds = bounds
        self.weights = torch.randn(6, 168, generator=torch.Generator().manual_seed(0))

    def __call__(self, inputs):
        black, white = self.bounds
        assert black <= inputs.min()
        assert inputs.max() <= white
        return ((inputs - black) / (white - black) - 0.4).flatten(1) @ self.weights.T


@pytest.fixture
def images(generator):
    return torch.randint(60, 180, (4, 3, 7, 8), generator=generator) / 255


@pytest.fixture
def labels(images):
    return Model()(images).argmax(dim=1)


def test_one_epsilon_gives_tensors_and_several_give_lists(images, labels):
    attack = FoolboxStyle(Bim())

    raw, clipped, success = attack(Model(), images, labels, epsilons=8 / 255)
    raws, clippeds, successes = attack(Model(), images, labels, epsilons=[1 / 255, 8 / 255])

    assert raw.shape == clipped.shape == images.shape
    assert success.shape == (4,)
    assert len(raws) == len(clippeds) == 2
    assert successes.shape == (2, 4)
    assert torch.equal(raws[1], raw)
    assert torch.equal(successes[1], success)


def test_each_epsilon_is_the_budget_of_a_run(images, labels):
    epsilons = [1 / 255, 3 / 255, 20 / 255]
    attack = FoolboxStyle("fgsm")

    _, clipped, success = attack(Model(), images, labels, epsilons=epsilons)

    assert len(attack.outcomes) == 3
    for epsilon, found, reached in zip(epsilons, clipped, success, strict=True):
        expected = FoolboxStyle(Fgsm(budget=Linf(epsilon)))(Model(), images, labels, epsilons=None)
        assert torch.equal(found, expected[1])
        assert torch.equal(reached, Model()(found).argmax(dim=1) != labels)


def test_below_one_level_nothing_moves_and_success_is_that_of_the_images(images, labels):
    given = labels.clone()
    given[2] = (given[2] + 1) % 6

    raw, clipped, success = FoolboxStyle("pgd")(Model(), images, given, epsilons=[0.0, 0.5 / 255])

    for found in (*raw, *clipped):
        assert torch.equal(found, images)
    assert success.tolist() == [[False, False, True, False]] * 2


@pytest.mark.parametrize("bounds", [(0, 255), (-1, 1)])
def test_inputs_and_epsilons_are_in_the_unit_of_the_bounds(images, labels, bounds):
    black, white = bounds
    scale = white - black
    inputs = images * scale + black

    found = FoolboxStyle(Bim())(Model(bounds), inputs, labels, epsilons=scale * 6 / 255)

    expected = FoolboxStyle(Bim())(Model(), images, labels, epsilons=6 / 255)
    torch.testing.assert_close(found[1], expected[1] * scale + black)
    assert torch.equal(found[2], expected[2])
    torch.testing.assert_close(unit_model(Model(bounds))(images), Model()(images))


def test_criteria_are_known_by_what_they_have(images, labels):
    targets = (labels + 1) % 6
    attack = FoolboxStyle(Bim(budget=Linf(60 / 255)))
    away = SimpleNamespace(labels=SimpleNamespace(raw=labels))
    towards = SimpleNamespace(target_classes=targets)

    _, plain, _ = attack(Model(), images, labels, epsilons=None)
    _, wrapped, _ = attack(Model(), images, away, epsilons=None)
    _, targeted, success = attack(Model(), images, towards, epsilons=None)

    assert torch.equal(plain, wrapped)
    assert success.all()
    assert torch.equal(Model()(targeted).argmax(dim=1), targets)


@pytest.mark.parametrize("criterion", ["misclassification", 3, SimpleNamespace(k=5)])
def test_other_criteria_are_refused(images, criterion):
    with pytest.raises(SettingError, match="criterion must be labels, Misclassification or"):
        FoolboxStyle("bim")(Model(), images, criterion, epsilons=0.1)


def test_classes_and_epsilons_below_zero_are_refused(images, labels):
    with pytest.raises(SettingError, match="classes from 0, got -1"):
        FoolboxStyle("bim")(Model(), images, torch.full_like(labels, -1), epsilons=0.1)
    with pytest.raises(SettingError, match="epsilons must be at least 0"):
        FoolboxStyle("bim")(Model(), images, labels, epsilons=[0.1, -0.1])


@pytest.mark.parametrize(("norm", "order"), [("l2", 2), ("linf", torch.inf)])
def test_without_a_budget_one_run_is_shortened_to_each_epsilon(images, labels, norm, order):
    attack = FoolboxStyle(Ddn(steps=30), norm=norm)

    raw, clipped, success = attack(Model(), images, labels, epsilons=[None, 100.0, 0.02, 0.0])

    assert len(attack.outcomes) == 1
    assert torch.equal(clipped[0], raw[0])
    assert torch.equal(clipped[1], raw[0])
    assert torch.equal(clipped[3], images)
    lengths = torch.linalg.vector_norm((clipped[2] - images).flatten(1), ord=order, dim=1)
    assert (lengths <= 0.02 + 1e-6).all()
    assert success.tolist()[0] == success.tolist()[1] == attack.outcomes[0].success.tolist()
    assert not success[3].any()


def test_a_ball_is_the_budget_of_an_attack_that_has_one(images, labels):
    attack = FoolboxStyle(PgdL2(), options=Options(margin=100.0))

    raw, _, _ = attack(Model(), images, labels, epsilons=[0.1, 0.5])

    lengths = [torch.linalg.vector_norm((one - images).flatten(1), dim=1) for one in raw]
    assert (lengths[0] <= 0.1 + 1e-6).all()
    assert (lengths[1] <= 0.5 + 1e-6).all()
    assert (lengths[1] > 0.3).all()


def test_the_way_back_is_rounded_towards_the_original():
    original = torch.full((1, 1, 1, 3), 100 / 255)
    adversarial = torch.tensor([103, 96, 100]).view(1, 1, 1, 3) / 255

    half = shortened(adversarial, original, 2.5 / 255, 2)  # half of |(3, -4)| = 5
    box = shortened(adversarial, original, 3.4 / 255, torch.inf)
    whole = shortened(adversarial, original, 5 / 255, 2)

    assert (half * 255).round().flatten().tolist() == [101, 98, 100]
    assert (box * 255).round().flatten().tolist() == [103, 97, 100]
    assert torch.equal(whole, adversarial)
    assert torch.equal(shortened(original, original, 0.0, 2), original)
