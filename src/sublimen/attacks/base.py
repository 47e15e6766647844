"""What an attack is: settings and a search."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from sublimen.attacks.budget import Budget, Linf
from sublimen.attacks.halving import halved
from sublimen.attacks.ledger import Limits, State
from sublimen.attacks.outcome import Outcome
from sublimen.attacks.problem import Problem
from sublimen.attacks.search import Search
from sublimen.checks import check_images
from sublimen.types import Images


@dataclass(frozen=True, kw_only=True)
class Attack(ABC):
    """Settings of a search for images that a recogniser misreads."""

    name: ClassVar[str]

    def __call__(
        self,
        problem: Problem,
        images: Images,
        *,
        seed: int = 0,
        watch: Callable[[State], None] | None = None,
        limits: Limits | None = None,
    ) -> Outcome:
        """Attack a batch; each image stops for itself when its published copy is at the goal.

        The same seed gives the same bytes, whatever the order and company of the images, as far
        as the model's own outputs do not depend on them.

        Args:
            problem: What is lowered and who judges.
            images: Originals.
            seed: Seed of every random choice.
            watch: Told the state before each round; what it raises ends the attack.
            limits: When it has to end, whatever its own settings say.

        Raises:
            ImageError: If the images break the pixel convention.
            SettingError: If the goal does not fit the images or the model's output.
            ModelError: If the model's output has no gradient, changes its shape, or is finite for
                none of the images.
        """
        check_images(images)
        shared = None if limits is None else limits.begun()
        alone = partial(self._alone, seed=seed, watch=watch, limits=shared)
        return halved(alone, problem, images)

    def _alone(
        self,
        problem: Problem,
        images: Images,
        *,
        seed: int,
        watch: Callable[[State], None] | None,
        limits: Limits | None,
    ) -> Outcome:
        search = Search(problem, images, seed=seed, watch=watch, limits=limits)
        self.perturb(search)
        return search.outcome()

    @abstractmethod
    def perturb(self, search: Search) -> None:
        """Search until every image is at the goal or the steps are used up."""


@dataclass(frozen=True, kw_only=True)
class BoundedAttack(Attack):
    """An attack inside a box.

    Args:
        budget: How far each sample may move, r in the equations.
    """

    budget: Budget = Linf(8 / 255)
