import pytest
import torch

from sublimen.attacks import Bim, Linf, Pgd, Recognition, Targeted, Untargeted
from sublimen.attacks.mi_fgsm import MiFgsm
from sublimen.errors import SettingError
from sublimen.interop import torchattacks_style as torchattacks
from sublimen.interop.torchattacks_base import TorchattacksStyle


@pytest.fixture
def model(generator):
    weights = torch.randn(6, 3 * 7 * 8, generator=generator)
    return lambda images: (images - 0.4).flatten(1) @ weights.T


@pytest.fixture
def images(generator):
    levels = torch.randint(60, 180, (4, 3, 7, 8), generator=generator)
    return levels / 255


@pytest.fixture
def labels(model, images):
    return model(images).argmax(dim=1)


NAMES = ["FGSM", "BIM", "PGD", "PGDL2", "MIFGSM", "DIFGSM", "TIFGSM", "DeepFool", "CW"]


@pytest.mark.parametrize("name", NAMES)
def test_every_name_attacks_with_nothing_but_a_model(name, model, images, labels):
    atk = getattr(torchattacks, name)(model)

    adversarial = atk(images, labels)

    assert adversarial.shape == images.shape
    assert torch.equal((adversarial * 255).round() / 255, adversarial)
    assert torch.equal(model(adversarial).argmax(dim=1) != labels, atk.outcome.success)
    assert atk.outcome.success.any()


def test_eps_alpha_and_steps_mean_what_they_mean_there(model, images, labels):
    for atk, ours in (
        (torchattacks.BIM(model, 9 / 255, 3 / 255, 4), Bim),
        (torchattacks.PGD(model, eps=9 / 255, alpha=3 / 255, steps=4), Pgd),
        (torchattacks.MIFGSM(model, eps=9 / 255, alpha=3 / 255, steps=4, decay=1.0), MiFgsm),
    ):
        expected = ours(budget=Linf(9 / 255), steps=4, step_size=1 / 3)
        outcome = expected(Recognition(model, Untargeted(labels)), images)
        assert torch.equal(atk(images, labels), outcome.images)


def test_alpha_is_a_length_even_where_eps_is_no_whole_number_of_levels():
    # Only 7 levels of 7.65 are used: a step of 2 levels is 2/7 of that and not 2/7.65.
    atk = torchattacks.BIM(lambda x: x, eps=0.03, alpha=2 / 255)

    assert atk.using.step_size == pytest.approx(2 / 7)


def test_without_diversity_the_diverse_methods_are_what_they_build_on(model, images, labels):
    settings = {"eps": 9 / 255, "alpha": 3 / 255, "steps": 4, "decay": 1.0}
    momentum = torchattacks.MIFGSM(model, **settings)(images, labels)

    diverse = torchattacks.DIFGSM(model, **settings, diversity_prob=0.0)
    shifted = torchattacks.TIFGSM(model, **settings, diversity_prob=0.0, len_kernel=1)

    assert torch.equal(diverse(images, labels), momentum)
    assert torch.equal(shifted(images, labels), momentum)


def test_the_kernel_reaches_to_so_many_deviations():
    # 15 numbers from -3 to 3 are 6/14 of a deviation apart: sigma is 14/6 pixels.
    _, kernel = torchattacks.TIFGSM(lambda x: x).using.views

    assert kernel.radius == 7
    assert kernel.sigma == pytest.approx(14 / 6)


def test_a_step_longer_than_the_budget_is_refused():
    with pytest.raises(SettingError, match="alpha must be in"):
        torchattacks.PGD(lambda x: x, eps=2 / 255, alpha=3 / 255)
    with pytest.raises(SettingError, match="epsilon must be in"):
        torchattacks.FGSM(lambda x: x, eps=0)


def test_in_the_targeted_mode_the_labels_of_the_call_are_targets(model, images, labels):
    targets = (labels + 1) % 6
    atk = torchattacks.PGD(model, eps=40 / 255, alpha=5 / 255, steps=40)
    atk.set_mode_targeted_by_label(quiet=True)

    adversarial = atk(images, targets)

    assert torch.equal(model(adversarial).argmax(dim=1), targets)
    expected = atk.using(Recognition(model, Targeted(targets)), images)
    assert torch.equal(adversarial, expected.images)
    with pytest.raises(SettingError, match="labels must be the targets in this mode"):
        atk(images)


def test_targets_may_be_a_function_of_images_and_labels(model, images, labels):
    atk = torchattacks.PGD(model, eps=40 / 255, alpha=5 / 255, steps=40)
    atk.set_mode_targeted_by_function(lambda _, given: (given + 2) % 6)

    for given in (labels, None):
        assert torch.equal(model(atk(images, given)).argmax(dim=1), (labels + 2) % 6)

    atk.set_mode_default()
    atk(images, labels)
    assert (atk.outcome.gradients < 10).all()
    atk.set_mode_targeted_by_function(lambda _, given: given)
    with pytest.raises(SettingError, match="targets must differ from labels"):
        atk(images, labels)


def test_the_least_likely_class_leaves_the_label_out(model, images):
    logits = model(images)
    atk = torchattacks.FGSM(model)

    for place in (1, 2):
        chosen = []
        atk.set_mode_targeted_least_likely(place)
        atk.set_mode_targeted_by_function(recorded(atk, chosen))
        atk(images, logits.argmin(dim=1))
        # The label is the least likely class, so the k-th of the others is the (k + 1)-th.
        assert torch.equal(chosen[0], logits.argsort(dim=1)[:, place])


def recorded(atk, into):
    choice = atk._choice

    def record(inputs, labels):
        into.append(choice(inputs, labels))
        return into[-1]

    return record


def test_a_random_target_is_never_the_label_and_repeats_with_the_seed(model, images, labels):
    atk = torchattacks.FGSM(model)
    drawn = []
    atk.set_mode_targeted_random()
    atk.set_mode_targeted_by_function(recorded(atk, drawn))

    for seed in (*range(20), 0):
        atk.generator = torch.Generator().manual_seed(seed)
        atk(images, labels)

    assert all((targets != labels).all() for targets in drawn)
    assert set(torch.cat(drawn).tolist()) == set(range(6))
    assert torch.equal(drawn[0], drawn[-1])


def test_normalised_inputs_stay_normalised(model, images, labels):
    mean, std = [0.4, 0.5, 0.6], [0.2, 0.25, 0.3]
    shift, scale = (torch.tensor(values).view(1, 3, 1, 1) for values in (mean, std))
    plain = torchattacks.PGD(model, eps=9 / 255, alpha=3 / 255)
    atk = torchattacks.PGD(lambda x: model(x * scale + shift), eps=9 / 255, alpha=3 / 255)
    atk.set_normalization_used(mean, std)

    adversarial = atk((images - shift) / scale, labels)

    expected = plain(images, labels)
    torch.testing.assert_close(adversarial * scale + shift, expected)
    assert torch.equal(atk.outcome.uint8, plain.outcome.uint8)


def test_black_and_white_survive_the_arithmetic_of_a_normalisation(model):
    mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    shift, scale = (torch.tensor(values).view(1, 3, 1, 1) for values in (mean, std))
    images = torch.rand(1, 3, 7, 8).round()
    atk = torchattacks.FGSM(lambda x: model(x * scale + shift))
    atk.set_normalization_used(mean, std)

    assert atk((images - shift) / scale).shape == images.shape


def test_levels_may_be_asked_for(model, images, labels):
    atk = torchattacks.FGSM(model)
    floats = atk(images, labels)
    atk.set_return_type("int")

    levels = atk(images, labels)

    assert levels.dtype == torch.uint8
    assert torch.equal(levels / 255, floats)


def test_kappa_is_the_margin(model, images, labels):
    atk = torchattacks.CW(model, c=5, kappa=0.7, steps=60, lr=0.05)

    adversarial = atk(images, labels)

    assert atk.outcome.success.all()
    assert (Untargeted(labels).excess(model(adversarial)) <= -0.7).all()


def test_any_attack_may_be_called_in_this_way(model, images, labels):
    adversarial = TorchattacksStyle(model, Bim())(images, labels)

    assert torch.equal(
        adversarial, torchattacks.BIM(model, alpha=0.8 / 255, steps=40)(images, labels)
    )


def test_nothing_is_printed_and_the_mode_of_the_model_is_left_alone(images, capsys):
    network = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(168, 3), torch.nn.Dropout(0.0)
    )
    network.train()

    atk = torchattacks.PGD(network)
    atk.set_mode_targeted_least_likely()
    atk(images)

    assert network.training
    assert capsys.readouterr() == ("", "")
