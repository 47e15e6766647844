"""The real libraries, where they are installed: theirs in ours, and ours in theirs."""

import sys

import pytest
import torch
from torch import nn

from sublimen.attacks import Bim, Fgsm, Linf, Pgd, Recognition, Targeted, Untargeted
from sublimen.bench.arms import attack
from sublimen.bench.plan_file import read
from sublimen.errors import GoalError, MissingExtraError
from sublimen.interop import FoolboxStyle, Theirs, peers, torchattacks_style, unit_model

pytestmark = pytest.mark.filterwarnings("ignore")

GREY = 0.5

MODULES = {
    "torchattacks": "torchattacks",
    "foolbox": "foolbox",
    "adv_lib": "adv_lib",
    "art": "art.estimators.classification",
}
LIBRARIES = list(MODULES)


def needs_library_of(make):
    library = next(name for name in LIBRARIES if make.startswith(f"{name}_"))
    pytest.importorskip(MODULES[library], reason=f"{library} is not installed")


def peer(make, **settings):
    return Theirs(make=f"{peers.__name__}:{make}", settings=settings)


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


@pytest.mark.parametrize("goal", [Untargeted, Targeted])
@pytest.mark.parametrize(
    "make",
    [
        "torchattacks_pgd",
        "torchattacks_bim",
        "torchattacks_mi_fgsm",
        "foolbox_pgd",
        "foolbox_ddn",
        "adv_lib_ddn",
        "adv_lib_alma",
        "adv_lib_perc_al",
        "art_bim",
    ],
)
def test_a_peer_reaches_either_goal_in_so_many_gradients(make, goal, network, images, labels):
    needs_library_of(make)
    wanted = labels if goal is Untargeted else (labels + 3) % 6

    outcome = peer(make, steps=10)(Recognition(network, goal(wanted)), images)

    assert outcome.reached.all()
    assert outcome.gradients.tolist() == [10] * 4


@pytest.mark.parametrize("make", ["torchattacks_bim", "torchattacks_pgd", "foolbox_pgd", "art_bim"])
def test_a_peer_stays_within_its_budget(make, network, images, labels):
    needs_library_of(make)

    outcome = peer(make, epsilon=3 / 255)(Recognition(network, Untargeted(labels)), images)

    levels = (255 * (outcome.images - images)).abs().flatten(1).amax(dim=1).round()
    assert levels.tolist() == [3] * 4


def test_bim_is_the_same_in_two_libraries(network, images, labels):
    needs_library_of("torchattacks_bim")
    needs_library_of("art_bim")
    problem = Recognition(network, Untargeted(labels))

    one, other = (peer(f"{library}_bim", steps=3)(problem, images) for library in LIBRARIES[::3])

    assert torch.equal(one.images, other.images)
    assert (other.forwards >= one.forwards + 1).all()


def test_what_a_peer_draws_goes_by_the_seed(network, images, labels):
    needs_library_of("torchattacks_pgd")
    problem = Recognition(network, Untargeted(labels))
    attack = peer("torchattacks_pgd", steps=1)

    one, again, other = (attack(problem, images, seed=seed).images for seed in (1, 1, 2))

    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_a_peer_that_only_looks_away_from_a_class_says_so(network, images, labels):
    with pytest.raises(GoalError, match="goal must be Untargeted for torchattacks_deep_fool"):
        peer("torchattacks_deep_fool")(Recognition(network, Targeted((labels + 1) % 6)), images)


def test_of_two_peers_that_look_for_the_nearest_the_longer_search_is_nearer(
    network, images, labels
):
    needs_library_of("adv_lib_fmn")
    problem = Recognition(network, Targeted((labels + 3) % 6))

    found = peer("adv_lib_fmn", steps=30)(problem, images)

    bounded = peer("adv_lib_ddn", steps=10)(problem, images)
    there = found.reached & bounded.reached
    assert there.sum() >= 3
    assert (found.distance < bounded.distance)[there].all()


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_that_is_missing_names_the_extra(library, monkeypatch, network, images, labels):
    for name in (MODULES[library], "adv_lib.attacks"):
        monkeypatch.setitem(sys.modules, name, None)
    make = next(name for name in vars(peers) if name.startswith(f"{library}_"))

    command = (
        "pip install --no-deps adv-lib"
        if library == "adv_lib"
        else r"pip install 'sublimen\[peers\]'"
    )
    with pytest.raises(MissingExtraError, match=command):
        peer(make)(Recognition(network, Untargeted(labels)), images)


def test_adv_lib_is_asked_for_no_plots(monkeypatch, tmp_path, network, images, labels):
    for name in [name for name in sys.modules if name.partition(".")[0] == "adv_lib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(peers, "find_spec", lambda _name: None)
    (tmp_path / "adv_lib").mkdir()
    (tmp_path / "adv_lib" / "__init__.py").touch()
    (tmp_path / "adv_lib" / "attacks.py").write_text(
        "from visdom import Visdom\n"
        "def ddn(model, images, *args, **kwargs):\n"
        "    return 0 * images\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    found = peer("adv_lib_ddn", steps=1)(Recognition(network, Untargeted(labels)), images)

    assert peers.PLOTTER not in sys.modules
    assert found.images.shape == images.shape


def test_the_plan_names_peers_that_there_are():
    arms = [arm for arm in read("peers").arms if arm.attack == Theirs.name]

    made = {str(attack(arm).make).partition(":")[2] for arm in arms}

    assert all(callable(getattr(peers, name)) for name in made)
    assert {name.rpartition("_")[0] for name in made} >= {"adv_lib", "foolbox", "art"}
    for arm in arms:
        assert arm.name.endswith(f"-{attack(arm).settings['steps']}")
