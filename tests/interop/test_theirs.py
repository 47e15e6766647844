import pytest
import torch
from torch import nn

from sublimen.attacks import Dodge, Limits, Recognition, Targeted, Untargeted
from sublimen.errors import GoalError, SettingError, UnknownNameError
from sublimen.interop import Theirs
from sublimen.interop.theirs import Counted


def model(images):
    """Class 0 below a mean of 100.5 levels, class 1 above."""
    above = 50 * (images.flatten(1).mean(dim=1) - 100.5 / 255)
    return torch.stack([-above, above], dim=1)


def pixels(*levels):
    return torch.tensor(levels, dtype=torch.float32).view(-1, 1, 1, 1) / 255


def foreign(network, *, steps=3, step=1.4):
    """An attack as other libraries write them: no early stop, no rounding."""

    def run(images, labels):
        adversarial = images
        for _ in range(steps):
            adversarial = adversarial.detach().requires_grad_()
            loss = nn.functional.cross_entropy(network(adversarial), labels)
            (slope,) = torch.autograd.grad(loss, adversarial)
            adversarial = (adversarial + step / 255 * slope.sign()).clamp(0, 1)
        network(adversarial)
        return adversarial

    return run


def untargeted(images):
    return Recognition(model, Untargeted(torch.zeros(len(images), dtype=torch.int64)))


def test_what_it_returns_is_rounded_and_judged():
    # 98 + 3 x 1.4 = 102.2; 90 + 4.2 = 94.2 is not there.
    images = pixels(98, 90)

    outcome = Theirs(make=foreign)(untargeted(images), images)

    assert outcome.reached.tolist() == [True, False]
    assert outcome.uint8.flatten().tolist() == [102, 94]


def test_its_passes_are_counted_image_by_image_and_the_verdict_as_for_ours():
    images = pixels(98, 90, 120)

    outcome = Theirs(make=foreign)(untargeted(images), images)

    # Three gradients and a last look of its own; before it the look at the original, after it
    # the verdict, and for a failure a look at its loss. What is misread already is not given.
    assert outcome.gradients.tolist() == [3, 3, 0]
    assert outcome.forwards.tolist() == [1 + 1 + 1, 1 + 1 + 1 + 1, 1]
    assert outcome.at_no_cost.tolist() == [False, False, True]


def test_it_gets_so_many_images_at_a_time():
    seen = []

    def make(network):
        def run(images, labels):
            seen.append((len(images), labels.tolist()))
            return foreign(network)(images, labels)

        return run

    images = pixels(98, 97, 96)
    alone = Theirs(make=make)(untargeted(images), images)
    together = Theirs(make=make, batch=2)(untargeted(images), images)

    assert [number for number, _ in seen] == [1, 1, 1, 2, 1]
    assert torch.equal(alone.images, together.images)
    assert torch.equal(alone.gradients, together.gradients)


def test_an_attack_towards_classes_gets_the_wanted_ones():
    given = []

    def make(network):
        def run(images, labels):
            given.extend(labels.tolist())
            return foreign(network, step=-1.4)(images, labels)

        return run

    images = pixels(98)
    outcome = Theirs(make=make, towards=True)(
        Recognition(model, Targeted(torch.tensor([1]))), images
    )

    assert given == [1]
    assert outcome.reached.all()


@pytest.mark.parametrize(
    ("towards", "goal"),
    [
        (True, Untargeted(torch.tensor([0]))),
        (False, Targeted(torch.tensor([1]))),
        (False, Dodge(torch.zeros(1, 2), 0.1)),
        (None, Dodge(torch.zeros(1, 2), 0.1)),
    ],
)
def test_a_goal_that_it_was_not_made_for_is_refused(towards, goal):
    with pytest.raises(SettingError, match="goal must be"):
        Theirs(make=foreign, towards=towards)(Recognition(model, goal), pixels(98))


def test_the_goal_says_which_classes_it_gets_and_whether_they_are_wanted():
    told = []

    def make(network, *, steps, targeted=False):
        def run(images, classes):
            told.append((steps, targeted, classes.tolist()))
            return foreign(network, steps=steps, step=-1.4 if targeted else 1.4)(images, classes)

        return run

    attack = Theirs(make=make, settings={"steps": 2})
    away = attack(Recognition(model, Untargeted(torch.tensor([0]))), pixels(98))
    towards = attack(Recognition(model, Targeted(torch.tensor([1]))), pixels(98))

    assert told == [(2, False, [0]), (2, True, [1])]
    assert away.uint8.item() == towards.uint8.item() == 101


def test_an_attack_that_cannot_be_told_of_wanted_classes_is_refused_a_target():
    with pytest.raises(GoalError, match="goal must be Untargeted for foreign, got Targeted"):
        Theirs(make=foreign)(Recognition(model, Targeted(torch.tensor([1]))), pixels(98))


def test_its_random_choices_go_by_the_seed_and_leave_the_global_stream_alone():
    def make(_):
        return lambda images, _labels: 0.6 + 0.4 * torch.rand_like(images)

    torch.manual_seed(5)
    untouched = torch.rand(1)
    torch.manual_seed(5)
    images = pixels(98)
    one, again, other = (
        Theirs(make=make)(untargeted(images), images, seed=seed).images for seed in (1, 1, 2)
    )

    assert torch.equal(torch.rand(1), untouched)
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("answer", [torch.zeros(1, 1, 2, 2), torch.full((1, 1, 1, 1), torch.nan)])
def test_nonsense_is_refused(answer):
    attack = Theirs(make=lambda _: lambda _images, _labels: answer)

    with pytest.raises(SettingError, match="make must give an attack that returns finite images"):
        attack(untargeted(pixels(98)), pixels(98))


def test_it_may_be_named_as_people_type_it(monkeypatch):
    monkeypatch.setattr(nn, "foreign", foreign, raising=False)

    outcome = Theirs(make="torch.nn:foreign")(untargeted(pixels(98)), pixels(98))

    assert outcome.reached.all()
    with pytest.raises(UnknownNameError, match=r"no attack 'torch.nn:missing'"):
        Theirs(make="torch.nn:missing")(untargeted(pixels(98)), pixels(98))


def test_the_time_is_looked_at_between_its_calls(monkeypatch):
    clock = iter([0, 0, 1, 10, 20, 30])
    monkeypatch.setattr("sublimen.attacks.ledger.monotonic", lambda: next(clock))
    images = pixels(98, 97, 96)

    outcome = Theirs(make=foreign)(untargeted(images), images, limits=Limits(seconds=5))

    assert outcome.gradients.tolist() == [3, 0, 0]
    assert torch.equal(outcome.images[1:], images[1:])


def test_originals_and_network_are_left_alone():
    def rude(network):
        def run(images, labels):
            network.train()
            foreign(network)(images, labels)
            return images.copy_(pixels(101))

        return run

    network = nn.Sequential(nn.Flatten(), nn.Linear(1, 2)).eval()
    images = pixels(98)
    labels = network(images).argmax(dim=1)

    outcome = Theirs(make=rude)(Recognition(network, Untargeted(labels)), images)

    assert not network.training
    assert (images * 255).round().item() == 98
    assert (outcome.originals * 255).round().item() == 98
    assert outcome.uint8.item() == 101


def test_counting_tells_gradients_from_looks():
    counted = Counted(model, pixels(1))
    images = pixels(50, 60).requires_grad_()

    counted(images.detach())
    assert (counted.forwards, counted.gradients) == (2, 0)
    torch.autograd.grad(counted(images).sum(), images)
    assert (counted.forwards, counted.gradients) == (2, 2)
    output = counted(images)
    for way in range(2):
        torch.autograd.grad(output[:, way].sum(), images, retain_graph=True)
    assert (counted.forwards, counted.gradients) == (2, 6)


def test_the_place_of_the_model_can_be_asked_for():
    counted = Counted(model, torch.zeros(1, dtype=torch.float64))

    assert next(counted.parameters()).dtype == torch.float64
    assert not counted.training
