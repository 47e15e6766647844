"""What is wanted of the images of a batch, one by one: away from a label, or towards a target."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, final

import torch

from sublimen.attacks.goal import Goal, Targeted, Untargeted
from sublimen.attacks.halving import answers
from sublimen.attacks.outcome import Outcome
from sublimen.attacks.problem import Recognition
from sublimen.errors import ModelError, SettingError
from sublimen.types import Images, Labels, Output, Rows

UNTARGETED: Final = -1
"""In place of a target: any class but the label will do."""


@final
@dataclass(frozen=True, eq=False)
class Part:
    """Images of a batch with goals of one kind.

    Args:
        rows: Their places in the batch.
        problem: What is asked of whom.
        asked: Forward passes that each has cost before the attack.
    """

    rows: Rows
    problem: Recognition
    asked: int = 0

    def charged(self, outcome: Outcome) -> tuple[Rows, Outcome]:
        """The places and what was found, with what has been paid before."""
        return self.rows, replace(outcome, forwards=outcome.forwards + self.asked)


@final
@dataclass(frozen=True, eq=False)
class Aims:
    """Labels and targets as they were given.

    Args:
        labels: True class of each image; the model's own prediction if not given.
        targets: Wanted class of each image, -1 for any but the label; -1 for all if not given.
    """

    labels: Labels | None
    targets: Labels | None

    def check(self, images: Images) -> "Aims":
        """The same where the images are, once it fits them.

        Raises:
            SettingError: Saying what does not.
        """
        labels = _fitting(images, 0, labels=self.labels)
        targets = _fitting(images, UNTARGETED, targets=self.targets)
        if labels is not None and targets is not None and (labels == targets).any():
            image = int((labels == targets).nonzero()[0])
            raise SettingError(
                f"targets must differ from labels, got class {int(labels[image])} as both for "
                f"image {image}; give -1 for any class but the label"
            )
        return Aims(labels, targets)

    def parts(self, model: Callable[[Images], Output], images: Images, margin: float) -> list[Part]:
        """The images without a target and those with one, as far as there are any.

        Args:
            model: Maps images in [0, 1] to logits.
            images: Originals.
            margin: Difference of logits by which the wanted class must lead, at least 0.

        Raises:
            ModelError: If labels are asked of the model, and it answers in another shape or needs
                more memory than there is.
        """
        return list(self._parts(model, images, margin))

    def _parts(
        self, model: Callable[[Images], Output], images: Images, margin: float
    ) -> Iterator[Part]:
        every = torch.arange(len(images), device=images.device)
        free = torch.ones_like(every, dtype=torch.bool)
        if self.targets is not None:
            free = self.targets == UNTARGETED
        knowing = _knowing(model, self.labels)
        if free.any():
            rows = every[free]
            labels = _own(model, images[rows]) if self.labels is None else self.labels[rows]
            goal: Goal = Untargeted(labels, margin)
            yield Part(rows, Recognition(knowing, goal), asked=int(self.labels is None))
        if self.targets is not None and not free.all():
            rows = every[~free]
            goal = Targeted(self.targets[rows], margin)
            yield Part(rows, Recognition(knowing, goal))


def _fitting(images: Images, least: int, **given: Labels | None) -> Labels | None:
    """Class numbers where the images are, once there is one for each."""
    ((name, classes),) = given.items()
    if classes is None:
        return None
    if classes.shape != images.shape[:1] or classes.is_floating_point():
        raise SettingError(
            f"{name} must be one whole number per image, {len(images)}, "
            f"got {classes.dtype} of shape {tuple(classes.shape)}"
        )
    if (classes < least).any():
        raise SettingError(f"{name} must be at least {least}, got {int(classes.min())}")
    return classes.to(images.device)


def _own(model: Callable[[Images], Output], images: Images) -> Labels:
    """What the model takes images for."""
    output = answers(model, images)
    if output.ndim != 2 or len(output) != len(images):
        raise ModelError(
            f"model must answer {len(images)} x some numbers, got shape {tuple(output.shape)}; "
            "return one row of logits per image"
        )
    return output.argmax(dim=1)


def _knowing(
    model: Callable[[Images], Output], labels: Labels | None
) -> Callable[[Images], Output]:
    """The model, refused if it does not know the labels, also those of images with a target."""
    if labels is None:
        return model
    largest = int(labels.max())

    def answer(images: Images) -> Output:
        output = model(images)
        if output.ndim == 2 and output.shape[1] <= largest:
            raise SettingError(
                f"labels must be below the number of classes, {output.shape[1]}, got {largest}"
            )
        return output

    return answer
