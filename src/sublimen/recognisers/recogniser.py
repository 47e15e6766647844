"""A network that recognises, ready to be asked, with what is known about it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, final

from sublimen.types import Images, Output


@final
@dataclass(frozen=True, kw_only=True)
class Recogniser:
    """A recogniser by its name.

    Args:
        name: The name under which it was asked for.
        model: Maps images in [0, 1] to logits or embeddings, one row an image, with a gradient;
            preprocessing happens inside, and the parameters are frozen.
        answers: What a row of its output is.
        labels: Names of the classes in the order of the logits; empty if unknown.
        side: Height and width in pixels of the images it was made for; `None` if any will do.
        source: Where it comes from.
        threshold: For embeddings, the Euclidean distance up to which two match, if known.
        false_match_rate: Share of pairs of different people that match at that threshold, if
            known.
    """

    name: str
    model: Callable[[Images], Output]
    answers: Literal["classes", "embedding"]
    labels: tuple[str, ...] = ()
    side: int | None = None
    source: str = ""
    threshold: float | None = None
    false_match_rate: float | None = None
