import math
from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from oracles import TwoSidedPlane, lattice
from typing_extensions import override

from sublimen.attacks import (
    Attack,
    Bim,
    JndPerceptual,
    Linf,
    Options,
    Pgd,
    Recognition,
    Targeted,
    Untargeted,
    attack,
    over_budgets,
)
from sublimen.attacks.function import has_budget, within
from sublimen.errors import ModelError, SettingError, UnknownNameError


class Linear:
    """Five classes with logits w . x + b, so close to each other that a few levels decide."""

    def __init__(self, images):
        generator = torch.Generator().manual_seed(11)
        self.weights = torch.randn(5, images[0].numel(), generator=generator)
        middle = images.flatten(1).mean(dim=0) @ self.weights.T
        self.offset = middle - torch.linspace(0, 0.4, 5)
        self.shown = []

    def __call__(self, images):
        self.shown.append(len(images))
        return images.flatten(1) @ self.weights.T - self.offset


@pytest.fixture
def images():
    # Near each other, so that no class is far from any.
    noise = lattice(4, 3, 6, 6, seed=5)
    return ((100 + 20 * noise).round() / 255).float()


@pytest.fixture
def model(images):
    return Linear(images)


@pytest.fixture
def labels(model, images):
    return model(images).argmax(dim=1)


def same(one, other):
    assert torch.equal(one.images, other.images)
    assert torch.equal(one.reached, other.reached)
    assert torch.equal(one.gradients, other.gradients)


def test_with_labels_it_is_the_attack_on_an_untargeted_problem(model, images, labels):
    found = attack(model, images, using="pgd", labels=labels)

    expected = Pgd()(Recognition(model, Untargeted(labels)), images)
    same(found, expected)
    assert torch.equal(found.forwards, expected.forwards)
    assert torch.equal(found.originals, images)


def test_an_attack_object_does_as_well_as_a_name(model, images, labels):
    same(
        attack(model, images, using=Bim(), labels=labels),
        attack(model, images, using="bim", labels=labels),
    )


def test_without_labels_the_model_is_asked_and_each_image_pays_for_it(model, images, labels):
    found = attack(model, images, using="bim")

    expected = attack(model, images, using="bim", labels=labels)
    same(found, expected)
    assert torch.equal(found.forwards, expected.forwards + 1)


def test_each_image_has_a_target_of_its_own_or_none(model, images, labels):
    targets = torch.tensor([-1, (labels[1] + 1) % 5, -1, (labels[3] + 2) % 5])

    found = attack(model, images, using=Bim(budget=Linf(40 / 255)), labels=labels, targets=targets)

    classes = model(found.images).argmax(dim=1)
    assert found.reached.all()
    assert (classes[[0, 2]] != labels[[0, 2]]).all()
    assert torch.equal(classes[[1, 3]], targets[[1, 3]])


def test_images_with_targets_and_without_are_attacked_as_if_alone(model, images, labels):
    targets = torch.tensor([-1, (labels[1] + 1) % 5, -1, (labels[3] + 2) % 5])
    rows = torch.tensor([1, 3])

    found = attack(model, images, using="pgd", labels=labels, targets=targets)

    free = Pgd()(Recognition(model, Untargeted(labels[[0, 2]])), images[[0, 2]])
    bound = Pgd()(Recognition(model, Targeted(targets[rows])), images[rows])
    same(found.at(torch.tensor([0, 2])), free)
    same(found.at(rows), bound)


def test_only_images_without_a_target_are_asked_for_their_own_class(model, images):
    model.shown.clear()
    targets = torch.tensor([-1, 0, 1, 2])

    attack(model, images, using="fgsm", targets=targets, options=Options(max_gradients=0))

    assert model.shown[0] == 1


def test_what_is_misread_already_is_a_success_at_no_cost(model, images, labels):
    given = labels.clone()
    given[2] = (labels[2] + 1) % 5

    found = attack(model, images, using="bim", labels=given)

    assert found.at_no_cost.tolist() == [False, False, True, False]
    assert found.gradients[2] == 0
    assert torch.equal(found.images[2], images[2])


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"labels": [0, 1, 2, 5]}, "labels must be below the number of classes, 5, got 5"),
        ({"labels": [0, 1, 2, -1]}, "labels must be at least 0, got -1"),
        ({"labels": [0, 1, 2]}, r"labels must be one whole number per image, 4, .* \(3,\)"),
        ({"labels": [0.0, 1.0, 2.0, 3.0]}, "labels must be one whole number per image"),
        ({"targets": [0, 1, 2, 5]}, "targets must be below the number of classes, 5, got 5"),
        ({"targets": [0, 1, 2, -2]}, "targets must be at least -1, got -2"),
        (
            {"labels": [3, 2, 0, 1], "targets": [-1, 3, 0, 2]},
            "targets must differ from labels, got class 0 as both for image 2",
        ),
        (
            # The label of an image with a target is wrong: its goal does not know it.
            {"labels": [0, 1, 2, 7], "targets": [-1, -1, -1, 0]},
            "labels must be below the number of classes, 5, got 7",
        ),
    ],
)
@pytest.mark.usefixtures("as_users_run_it")
def test_classes_that_cannot_be_are_refused(model, images, wanted, words):
    with pytest.raises(SettingError, match=words):
        attack(model, images, using="bim", **{name: torch.tensor(v) for name, v in wanted.items()})


def test_an_unknown_attack_gets_a_suggestion(model, images):
    with pytest.raises(UnknownNameError, match="no attack 'pdg'; did you mean pgd"):
        attack(model, images, using="pdg")


@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize("shape", [(4,), (3, 5), (4, 5, 1)])
def test_a_model_that_answers_in_another_shape_is_named(images, shape):
    with pytest.raises(ModelError, match="model must answer 4 x some numbers, got shape"):
        attack(lambda x: torch.zeros(shape) + 0 * x.sum(), images)


def test_nan_for_some_leaves_these_as_they_came(model, images):
    def spoilt(some):
        bad = (some == images[1]).flatten(1).all(dim=1)
        return torch.where(bad[:, None], math.nan, model(some))

    found = attack(spoilt, images, using="bim")

    assert not found.success[1]
    assert torch.equal(found.images[1], images[1])
    assert found.success[[0, 2, 3]].all()


def test_a_generator_gives_the_seed_and_goes_on(model, images, labels):
    def run(seed):
        options = Options(generator=torch.Generator().manual_seed(seed))
        return [attack(model, images, using="pgd", labels=labels, options=options)] * 1 + [
            attack(model, images, using="pgd", labels=labels, options=options)
        ]

    first, second = run(8)
    again, _ = run(8)
    other, _ = run(9)

    same(first, again)
    assert not torch.equal(first.images, second.images)
    assert not torch.equal(first.images, other.images)


def test_no_generator_touches_the_global_stream(model, images, labels):
    before = torch.random.get_rng_state()

    attack(model, images, using="pgd", labels=labels)

    assert torch.equal(torch.random.get_rng_state(), before)


def test_limits_and_the_callback_are_handed_on(model, images, labels):
    states = []
    options = Options(max_gradients=2, watch=states.append, margin=100.0)

    found = attack(model, images, using=Bim(steps=9), labels=labels, options=options)

    assert found.gradients.tolist() == [2] * 4
    assert not found.success.any()
    assert states[0].rounds == 9


def test_images_with_a_target_and_without_share_the_time(model, images, labels, monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr("sublimen.attacks.ledger.monotonic", lambda: next(clock))
    targets = torch.tensor([-1, -1, -1, (labels[3] + 1) % 5])
    options = Options(time_budget=4, margin=100.0)

    found = attack(model, images, using="bim", labels=labels, targets=targets, options=options)

    assert found.iterations[0] > 0
    assert found.iterations[3] == 0


def test_a_margin_is_kept_by_what_is_published(model, images, labels):
    found = attack(
        model, images, using=Bim(budget=Linf(60 / 255)), labels=labels, options=Options(margin=0.5)
    )

    assert found.success.all()
    assert (Untargeted(labels).excess(model(found.images)) <= -0.5).all()


@pytest.mark.parametrize(
    "settings", [{"margin": -1.0}, {"max_gradients": -1}, {"time_budget": 0.0}]
)
def test_options_are_checked_under_the_names_they_have(settings):
    with pytest.raises(SettingError, match=next(iter(settings))):
        Options(**settings)


def test_several_budgets_are_as_many_runs_of_their_own(model, images):
    budgets = [Linf(1 / 255), Linf(6 / 255), Linf(30 / 255)]
    options = Options(generator=torch.Generator().manual_seed(2))

    found = over_budgets(model, images, budgets, using="pgd", options=options)

    for budget, one in zip(budgets, found, strict=True):
        again = Options(generator=torch.Generator().manual_seed(2))
        alone = attack(model, images, using=Pgd(budget=budget), options=again)
        same(one, alone)
        assert torch.equal(one.forwards, alone.forwards)
    assert [one.success.sum().item() for one in found] == sorted(
        one.success.sum().item() for one in found
    )


def test_own_predictions_are_asked_for_once_for_all_budgets(model, images):
    model.shown.clear()

    over_budgets(
        model,
        images,
        [Linf(1 / 255), Linf(2 / 255)],
        using="fgsm",
        options=Options(max_gradients=0),
    )

    # One question for the labels; for each budget a look, and what becomes of the last step.
    assert model.shown[0] == 4
    assert len(model.shown) == 1 + 2


def test_budgets_are_needed_and_must_be_of_use(model, images):
    with pytest.raises(SettingError, match="at least one budget, got none"):
        over_budgets(model, images, [])
    with pytest.raises(SettingError, match="jnd-perceptual must be an attack inside a budget"):
        over_budgets(model, images, [Linf(1 / 255)], using="jnd-perceptual")


@dataclass(frozen=True, kw_only=True)
class Around(Attack):
    """An attack around another one."""

    name: ClassVar[str] = "around"

    inner: Attack

    @override
    def perturb(self, search):
        self.inner.perturb(search)


def test_a_budget_finds_its_way_to_the_attack_inside():
    around = Around(inner=Around(inner=Bim(steps=3)))

    assert within(around, Linf(3 / 255)).inner.inner == Bim(budget=Linf(3 / 255), steps=3)
    assert has_budget(around)
    assert not has_budget(Around(inner=JndPerceptual()))


def test_a_batch_too_large_for_the_memory_gives_the_same(model, images):
    def small(some):
        if len(some) > 2:
            raise torch.OutOfMemoryError
        return model(some)

    same(attack(small, images, using="pgd"), attack(model, images, using="pgd"))


def test_a_plane_is_crossed_by_the_shortest_way():
    # By linearity a budget of k levels moves the side by k |w|_1 / 255, no matter which attack.
    images = lattice(1, 1, 4, 4).clamp(20 / 255, 235 / 255)
    plane = TwoSidedPlane(torch.linspace(-1, 1, 16).view(1, 4, 4))
    step = plane.weights.abs().sum().item() / 255
    plane.offset = plane.side(images).item() - 2.5 * step

    two, three = over_budgets(plane, images, [Linf(2 / 255), Linf(3 / 255)], using="fgsm")

    assert (two.success.item(), three.success.item()) == (False, True)
