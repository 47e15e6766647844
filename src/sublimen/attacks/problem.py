"""What an attack is given: something to lower, and a judge of what would be published."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, final

import torch
from typing_extensions import override

from sublimen.attacks.goal import Goal
from sublimen.imaging.levels import to_levels
from sublimen.types import Images, Output, PerImage, Reached, Rows


class Problem(ABC):
    """A recogniser and a goal, seen from the attack: never a network.

    Implementations are frozen values. An attack looks at `output` and asks the goal about it, so
    that one forward pass tells the loss and whether the goal is near; only what seems to be there
    is judged by `reached`, which may cost more.

    Attributes:
        exact: Whether the output of an image on the 8-bit lattice is already the verdict on it,
            so that nobody needs to be asked again.

    Args:
        goal: What the adversary wants of each output.
    """

    exact: ClassVar[bool] = False

    goal: Goal

    @abstractmethod
    def output(self, images: Images) -> Output:
        """Logits or embeddings of the images as they are, with a gradient."""

    @final
    def loss(self, images: Images) -> PerImage:
        """How far each image is from the goal; the adversary lowers it."""
        return self.goal.loss(self.output(images))

    @abstractmethod
    def reached(self, images: Images) -> Reached:
        """Whether each image is at the goal once it has been published, that is, rounded."""

    @abstractmethod
    def at(self, rows: Rows) -> "Problem":
        """The same problem for some images of the batch."""


@final
@dataclass(frozen=True)
class Recognition(Problem):
    """A recogniser on whole images that are published as 8-bit files.

    Args:
        model: Maps images in [0, 1] to logits or embeddings; normalisation happens inside.
        goal: What the adversary wants.
    """

    exact: ClassVar[bool] = True

    model: Callable[[Images], Output]
    goal: Goal

    @override
    def output(self, images: Images) -> Output:
        return self.model(images)

    @override
    @torch.no_grad()
    def reached(self, images: Images) -> Reached:
        return self.goal.reached(self.model(to_levels(images)))

    @override
    def at(self, rows: Rows) -> "Recognition":
        return Recognition(self.model, self.goal.at(rows))
