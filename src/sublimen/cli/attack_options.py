"""What a person may choose about an attack on images. Importing this module loads nothing heavy."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal, final

from cyclopts import Parameter

from sublimen.cli.numbers import Whole
from sublimen.settings import at_least, positive

FLAG: Final = Parameter(negative=())
"""An option that is there or not."""


@final
@dataclass(frozen=True, kw_only=True)
class AttackOptions:
    """How images are attacked and what is written.

    Args:
        target: Class that the images are to be taken for, by its name or number; any but their
            own if not given.
        label: True class of all images, by its name or number; what the recogniser takes each of
            them for if not given.
        budget: How far each sample may move: 8/255 or linf:8/255 for the same everywhere, jnd:1.0
            for once the JND map; what is usual for the attack if not given.
        jnd: JND model of the budget, see sublimen models; wu-2017 if not given.
        margin: Difference of logits by which the wanted class must lead, at least 0.
        seed: Seed of every random choice.
        max_gradients: Gradients that an image may cost, at least 0.
        seconds: Time after which no further round begins for an image, above 0.
        side: Height and width in pixels that images are brought to before; that of the
            recogniser if it has one, else none.
        format: What is written; only jpeg loses something.
        failures: Write the best that was found for images that did not reach the goal as well.
        force: Overwrite files that are there; originals are never overwritten.
    """

    target: str | None = None
    label: str | None = None
    budget: str | None = None
    jnd: str | None = None
    margin: float = 0.0
    seed: Whole = 0
    max_gradients: Whole | None = None
    seconds: float | None = None
    side: Whole | None = None
    format: Literal["png", "webp", "tiff", "jpeg"] = "png"
    failures: Annotated[bool, FLAG] = False
    force: Annotated[bool, FLAG] = False

    def __post_init__(self) -> None:
        at_least(0, margin=self.margin)
        if self.max_gradients is not None:
            at_least(0, max_gradients=self.max_gradients)
        if self.seconds is not None:
            positive(seconds=self.seconds)
        if self.side is not None:
            at_least(16, side=self.side)


USUAL: Final = AttackOptions()
"""Away from the images' own classes, within the attack's own budget."""
