"""Attacks as a function: a model, images, and what is wanted of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Final, TypedDict, Unpack, final

import torch
from torch import Generator

from sublimen.attacks.aims import Aims
from sublimen.attacks.base import Attack
from sublimen.attacks.budget import Budget
from sublimen.attacks.ledger import Limits, State
from sublimen.attacks.outcome import Outcome, joined
from sublimen.catalogue import look_up
from sublimen.checks import at_least, check_images, positive
from sublimen.errors import SettingError
from sublimen.types import Images, Labels, Output

SEEDS: Final = 2**62
"""A seed that is drawn from a generator is below this."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Options:
    """How an attack is run, whatever the attack.

    Args:
        generator: Source of one whole number, the seed of every random choice; 0 if not given.
        max_gradients: Gradients that an image may cost, at least 0.
        time_budget: Seconds after which no further round begins, above 0; what was found counts.
        watch: Told the state before each round, of the images that are attacked together; what
            it raises ends the attack.
        margin: Difference of logits by which the wanted class must lead, at least 0.
    """

    generator: Generator | None = None
    max_gradients: int | None = None
    time_budget: float | None = None
    watch: Callable[[State], None] | None = None
    margin: float = 0.0

    def __post_init__(self) -> None:
        at_least(0, margin=self.margin)
        if self.max_gradients is not None:
            at_least(0, max_gradients=self.max_gradients)
        if self.time_budget is not None:
            positive(time_budget=self.time_budget)

    @property
    def limits(self) -> Limits:
        """When the attack has to end."""
        return Limits(gradients=self.max_gradients, seconds=self.time_budget)

    def seed(self) -> int:
        """The seed; takes a number from the generator."""
        if self.generator is None:
            return 0
        drawn = torch.randint(SEEDS, (), generator=self.generator, device=self.generator.device)
        return int(drawn)


PLAIN: Final = Options()
"""Seed 0, no limits, nobody who watches, no margin."""


class Wanted(TypedDict, total=False):
    """What `over_budgets` hands on; see `attack`."""

    using: Attack | str
    labels: Labels | None
    targets: Labels | None
    options: Options


def attack(
    model: Callable[[Images], Output],
    images: Images,
    *,
    using: Attack | str = "bim",
    labels: Labels | None = None,
    targets: Labels | None = None,
    options: Options = PLAIN,
) -> Outcome:
    """Attack a batch; each image towards a class of its own, or away from its label.

    Args:
        model: Maps images in [0, 1] to logits; normalisation happens inside.
        images: Originals.
        using: The attack, or its name in `sublimen.attacks.ATTACKS`.
        labels: True class of each image, at least 0. If not given: what the model takes it for,
            which costs each image without a target a forward pass.
        targets: Wanted class of each image, -1 for any but the label. If not given: -1 for all.
        options: Seed, limits, callback and margin.

    Returns:
        One entry per image, in the order of the images. One that its model misreads already is a
        success `at_no_cost` where it has no target.

    Raises:
        ImageError: If the images break the pixel convention.
        SettingError: If labels or targets do not fit the images or the model, or a target is the
            label of its image.
        UnknownNameError: If there is no attack of that name.
        ModelError: If the model's output has no gradient, changes its shape, or is finite for
            none of the images.

    Example:
        >>> def model(images):  # class 0 below 100.5 levels, class 1 above
        ...     above = images.flatten(1).mean(dim=1) - 100.5 / 255
        ...     return torch.stack([-above, above], dim=1)
        >>> outcome = attack(model, torch.full((1, 1, 2, 2), 99 / 255))
        >>> outcome.success.item(), outcome.uint8.unique().tolist()
        (True, [101])
    """
    (outcome,) = _over([chosen(using)], model, images, Aims(labels, targets), options)
    return outcome


def over_budgets(
    model: Callable[[Images], Output],
    images: Images,
    budgets: Sequence[Budget],
    **wanted: Unpack[Wanted],
) -> list[Outcome]:
    """Attack a batch within each of several budgets, one outcome for each.

    Every outcome is that of a run of its own with the same seed; limits hold for each. Own
    predictions are asked for once and are charged to each.

    Args:
        model: As in `attack`.
        images: Originals.
        budgets: How far each sample may move, at least one budget.
        wanted: `using`, `labels`, `targets` and `options`, as in `attack`.

    Raises:
        SettingError: If there is no budget, or the attack has none.
    """
    if not budgets:
        raise SettingError("budgets must hold at least one budget, got none")
    using = chosen(wanted.get("using", "bim"))
    attacks = [within(using, budget) for budget in budgets]
    aims = Aims(wanted.get("labels"), wanted.get("targets"))
    return _over(attacks, model, images, aims, wanted.get("options", PLAIN))


def within(using: Attack, budget: Budget) -> Attack:
    """The attack with another budget, or with one for the attack inside it.

    Raises:
        SettingError: If it has none.
    """
    settings = {field.name: getattr(using, field.name) for field in fields(using)}
    if "budget" in settings:
        return _changed(using, budget=budget)
    for name, inner in settings.items():
        if isinstance(inner, Attack):
            return _changed(using, **{name: within(inner, budget)})
    raise SettingError(
        f"{using.name} must be an attack inside a budget to be given one, got one that looks for "
        "the least change; leave the budget out, or choose another such as pgd"
    )


def _changed(using: Attack, **settings: Attack | Budget) -> Attack:
    return replace(using, **settings)


def has_budget(using: Attack) -> bool:
    """Whether `within` can give the attack a budget."""
    settings = {field.name: getattr(using, field.name) for field in fields(using)}
    inner = [value for value in settings.values() if isinstance(value, Attack)]
    return "budget" in settings or any(map(has_budget, inner))


def chosen(using: Attack | str) -> Attack:
    """The attack, or that of a name with its usual settings.

    Raises:
        UnknownNameError: If there is no attack of that name.
    """
    from sublimen.attacks import ATTACKS

    return using if isinstance(using, Attack) else look_up(ATTACKS, using, kind="attack")()


def _over(
    attacks: Sequence[Attack],
    model: Callable[[Images], Output],
    images: Images,
    given: Aims,
    options: Options,
) -> list[Outcome]:
    """The outcome of each attack; images with a target and without are attacked apart."""
    check_images(images)
    aims = given.check(images)
    parts = aims.parts(model, images, options.margin)
    seed = options.seed()
    outcomes = []
    for each in attacks:
        run = partial(each, seed=seed, watch=options.watch, limits=options.limits.begun())
        found = [run(part.problem, images[part.rows]) for part in parts]
        outcomes.append(joined([part.charged(one) for part, one in zip(parts, found, strict=True)]))
    return outcomes
