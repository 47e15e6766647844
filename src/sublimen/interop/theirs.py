"""Attacks of other libraries as attacks of ours, so that both stand in one table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from inspect import signature
from typing import ClassVar, TypeAlias, final

import torch
from torch import Tensor, nn
from typing_extensions import override

from sublimen.attacks.base import Attack
from sublimen.attacks.goal import Targeted, Untargeted
from sublimen.attacks.outcome import Outcome
from sublimen.attacks.search import Search
from sublimen.checks import at_least
from sublimen.errors import GoalError, SettingError, UnknownNameError
from sublimen.imaging.levels import to_levels
from sublimen.types import Chosen, Images, Labels, Output, Rows

Foreign: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""An attack of another library: images in [0, 1] and classes in, adversarial images out."""

Make: TypeAlias = Callable[..., Foreign]
"""What makes an attack of a model, and of settings by their names."""


@final
class Counted(nn.Module):
    """A model that counts what goes through it, image by image.

    Args:
        model: Maps images in [0, 1] to logits.
        like: Says the precision and the device.

    Attributes:
        gradients: Images that went forwards and backwards, once for each time backwards.
        forwards: Images that only went forwards.
    """

    def __init__(self, model: Callable[[Images], Output], like: Tensor) -> None:
        super().__init__()
        self.gradients = 0
        self.forwards = 0
        self._model = model
        # Other libraries ask the first parameter where the model is.
        self.place = nn.Parameter(like.new_empty(0), requires_grad=False)
        self.eval()

    @override
    def forward(self, images: Images) -> Output:
        """The model's answer; the first way back turns a forward pass into a gradient."""
        self.forwards += len(images)
        seen = images.view_as(images)
        if seen.requires_grad:
            returned = False

            def count(_: Tensor) -> None:
                nonlocal returned
                self.forwards -= 0 if returned else len(images)
                self.gradients += len(images)
                returned = True

            seen.register_hook(count)  # type: ignore[no-untyped-call]
        return self._model(seen)


@final
@dataclass(frozen=True, kw_only=True)
class Theirs(Attack):
    """An attack of another library. What it returns is rounded and judged like anything of ours.

    It is given a model that counts its passes, and torch's global stream seeded anew at each call.
    Images that are at the goal as they came are not given to it. Limits hold between its calls
    only, for nobody can stop it within one.

    Args:
        make: Makes the attack of a model; or where to find what does, `package.module:attribute`.
            Those of `sublimen.interop.peers` are there.
        settings: What `make` is given besides the model, by name.
        towards: Whether it takes classes that are wanted; else it takes true ones. If not given,
            it goes by the goal, and `make` is given `targeted=True` where classes are wanted.
        batch: Images that it gets at a time, at least 1. With one at a time, the counts are those
            of each image and nothing depends on its company; with more they are shared evenly.

    References:
        Its own; this is an adapter of 2025.
    """

    name: ClassVar[str] = "theirs"

    make: Make | str
    settings: Mapping[str, int | float | str | bool] = field(default_factory=dict, hash=False)
    towards: bool | None = None
    batch: int = 1

    def __post_init__(self) -> None:
        at_least(1, batch=self.batch)

    @override
    def perturb(self, search: Search) -> None:
        classes = self._classes(search)
        make = partial(self._make(search), **self.settings)
        search.judge(search.images)
        rows = search.remaining.nonzero().flatten()
        parts = [rows[start : start + self.batch] for start in range(0, len(rows), self.batch)]
        adversarial = search.images.clone()
        for turn in search.rounds(len(parts)):
            part = parts[turn]
            adversarial[part] = _run(make, search, part, classes[part])
        search.finish(adversarial)

    def _classes(self, search: Search) -> Labels:
        """Whom the attack is told about.

        Raises:
            GoalError: If that is not what the goal is about.
        """
        goal = search.problem.goal
        if self.towards is not False and isinstance(goal, Targeted):
            return goal.targets
        if not self.towards and isinstance(goal, Untargeted):
            return goal.labels
        wanted = {True: "Targeted", False: "Untargeted", None: "Targeted or Untargeted"}
        raise GoalError(
            f"goal must be {wanted[self.towards]} for towards={self.towards}, "
            f"got {type(goal).__name__}; make the attack for that goal and say so"
        )

    def _make(self, search: Search) -> Make:
        """What makes the attack for the goal.

        Raises:
            GoalError: If it cannot be told that the classes are the wanted ones.
        """
        make = _found(self.make) if isinstance(self.make, str) else self.make
        if self.towards is not None or isinstance(search.problem.goal, Untargeted):
            return make
        if "targeted" not in signature(make).parameters:
            raise GoalError(
                f"goal must be Untargeted for {getattr(make, '__name__', make)}, got Targeted; "
                "let it take `targeted`, or say towards=True if it takes wanted classes as it is"
            )
        return partial(make, targeted=True)


def _run(make: Make, search: Search, rows: Rows, classes: Labels) -> Chosen:
    """What the attack makes of some images; their cost is put on the books."""
    images = search.images[rows]
    model = Counted(search.problem.at(rows).output, images)
    places = [images.device] if images.is_cuda else []
    with torch.enable_grad(), torch.random.fork_rng(devices=places):
        torch.manual_seed(search.seed)
        found = make(model)(images.clone(), classes).detach()
    if found.shape != images.shape or not found.isfinite().all():
        raise SettingError(
            f"make must give an attack that returns finite images of shape {tuple(images.shape)}, "
            f"got shape {tuple(found.shape)} with {int((~found.isfinite()).sum())} numbers that "
            "are not finite"
        )
    nothing = torch.zeros_like(rows)
    cost = Outcome(
        images=to_levels(found.to(images)),
        reached=nothing > 0,
        gradients=nothing - (-model.gradients // len(rows)),
        forwards=nothing - (-model.forwards // len(rows)),
        iterations=nothing,
        trace=images.new_zeros(0, len(rows)),
        originals=images,
    )
    search.absorb(cost, rows, images.new_zeros(len(rows)))
    return found.to(images)


def _found(place: str) -> Make:
    """What makes an attack, by the name that people type.

    Raises:
        UnknownNameError: If there is no such module or attribute.
    """
    module, _, attribute = place.partition(":")
    try:
        found: Make = getattr(import_module(module), attribute)
    except (ModuleNotFoundError, AttributeError, ValueError) as error:
        raise UnknownNameError(
            f"no attack {place!r}; {error}; write package.module:attribute"
        ) from error
    return found
