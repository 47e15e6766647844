"""The real libraries, where they are installed: theirs in ours, and ours in theirs."""

import pytest
import torch
from torch import nn

from sublimen.attacks import Bim, Fgsm, Linf, Pgd, Recognition, Untargeted
from sublimen.interop import FoolboxStyle, Theirs, torchattacks_style, unit_model

pytestmark = pytest.mark.filterwarnings("ignore")

GREY = 0.5


@pytest.fixture
def network(generator):
    linear = nn.Linear(3 * 8 * 8, 6)
    with torch.no_grad():
        linear.weight.copy_(torch.randn(linear.weight.shape, generator=generator))
        linear.bias.copy_(-GREY * linear.weight.sum(dim=1))
    return nn.Sequential(nn.Flatten(), linear).eval()


@pytest.fixture
def images(generator):
    return torch.randint(60, 180, (4, 3, 8, 8), generator=generator) / 255


@pytest.fixture
def labels(network, images):
    return network(images).argmax(dim=1)


@pytest.fixture
def torchattacks():
    return pytest.importorskip("torchattacks", reason="torchattacks is not installed")


@pytest.fixture
def foolbox():
    return pytest.importorskip("foolbox", reason="foolbox is not installed")


def test_one_step_is_the_same_there_and_here(torchattacks, network, images, labels):
    theirs = torchattacks.FGSM(network, eps=6 / 255)(images, labels)

    ours = torchattacks_style.FGSM(network, eps=6 / 255)(images, labels)

    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)


def test_their_targeted_modes_choose_the_same_targets(torchattacks, network, images, labels):
    theirs = torchattacks.FGSM(network, eps=6 / 255)
    ours = torchattacks_style.FGSM(network, eps=6 / 255)
    for atk in (theirs, ours):
        atk.set_mode_targeted_least_likely(kth_min=2, quiet=True)

    torch.testing.assert_close(ours(images, labels), theirs(images, labels), atol=1e-6, rtol=0)


def test_an_attack_of_torchattacks_stands_in_our_table(torchattacks, network, images, labels):
    def make(model):
        return torchattacks.PGD(model, eps=8 / 255, alpha=2 / 255, steps=7, random_start=False)

    problem = Recognition(network, Untargeted(labels))
    theirs = Theirs(make=make)(problem, images)
    ours = Pgd(steps=7, random_start=False)(problem, images)

    assert torch.equal(theirs.success, ours.success)
    assert theirs.gradients.tolist() == [7] * 4
    assert (ours.gradients < theirs.gradients).all()
    assert (ours.distance <= theirs.distance + 1e-6).all()


def test_a_model_of_foolbox_is_a_model_here(foolbox, network, images):
    preprocessing = {"mean": [0.5] * 3, "std": [0.25] * 3, "axis": -3}
    bounds = (0, 255)
    fmodel = foolbox.PyTorchModel(network, bounds=bounds, preprocessing=preprocessing)

    found = unit_model(fmodel)(images)

    torch.testing.assert_close(found, network((255 * images - 0.5) / 0.25))
    outcome = Fgsm()(Recognition(unit_model(fmodel), Untargeted(found.argmax(dim=1))), images)
    assert outcome.gradients.tolist() == [1] * 4


def test_ours_is_called_as_foolbox_calls_its_own(foolbox, network, images, labels):
    fmodel = foolbox.PyTorchModel(network, bounds=(0, 1))
    criterion = foolbox.criteria.Misclassification(labels)
    epsilons = [0.0, 2 / 255, 8 / 255]

    theirs = foolbox.attacks.LinfFastGradientAttack()(fmodel, images, criterion, epsilons=epsilons)
    ours = FoolboxStyle("fgsm")(fmodel, images, criterion, epsilons=epsilons)

    for one, other in zip(ours[1], theirs[1], strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=0)
    assert torch.equal(ours[2], theirs[2])


def test_ours_knows_their_targeted_criterion(foolbox, network, images, labels):
    fmodel = foolbox.PyTorchModel(network, bounds=(0, 1))
    targets = (labels + 1) % 6

    raw, _, success = FoolboxStyle(Bim(budget=Linf(40 / 255)))(
        fmodel, images, foolbox.criteria.TargetedMisclassification(targets), epsilons=None
    )

    assert success.all()
    assert torch.equal(network(raw).argmax(dim=1), targets)


def test_an_attack_of_foolbox_stands_in_our_table(foolbox, network, images, labels):
    def make(model):
        def run(some, classes):
            fmodel = foolbox.PyTorchModel(model, bounds=(0, 1))
            attack = foolbox.attacks.LinfPGD(rel_stepsize=0.25, steps=7, random_start=False)
            return attack(fmodel, some, classes, epsilons=8 / 255)[1]

        return run

    outcome = Theirs(make=make)(Recognition(network, Untargeted(labels)), images)

    assert outcome.gradients.tolist() == [7] * 4
    assert outcome.success.all()
