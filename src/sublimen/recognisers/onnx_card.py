"""The card of an ONNX file: what has to be known about it that the file does not say.

file = "w600k.onnx"         # beside the card
kind = "embedding"          # or "classes"
side = 112
colour = "rgb"              # or "bgr"
scale = 255                 # what the network calls white
mean = 127.5                # or one number a channel, in the network's order
std = 127.5
threshold = 1.2
false_match_rate = 0.001
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, final

from sublimen.checks import at_least, positive
from sublimen.errors import SettingError, WeightsError

Triple: TypeAlias = tuple[float, float, float]
"""One number a channel, in the order in which the network takes them."""

CHOICES: Final = {
    "kind": ("classes", "embedding"),
    "colour": ("rgb", "bgr"),
    "layout": ("nchw", "nhwc"),
}
"""Words that a card may hold."""

WORDS: Final = frozenset({"sha256", "source", *CHOICES})
PATHS: Final = frozenset({"file", "labels"})
NUMBERS: Final = frozenset({"scale", "threshold", "false_match_rate"})
TRIPLES: Final = frozenset({"mean", "std"})


@final
@dataclass(frozen=True, kw_only=True)
class OnnxCard:
    """How an ONNX network is to be asked, and what its answer is.

        z = (scale x - mean) / std,    x in [0, 1]

    Args:
        file: The ONNX file; in a card, its path from there.
        kind: Whether it answers logits or an embedding.
        side: Height and width of its images in pixels, at least 1.
        sha256: Digest of the file, in hexadecimal digits; `None` leaves it unchecked.
        colour: Order of the channels.
        scale: What the network calls white before the mean is subtracted, above 0: 1 or 255.
        mean: Subtracted from each channel; one number counts for all.
        std: Divisor of each channel, above 0; one number counts for all.
        layout: Whether the channels stand before the rows or after the columns.
        labels: Text file with the name of a class on each line; in a card, its path from there.
        threshold: Of an embedding, the Euclidean distance up to which two match, above 0.
        false_match_rate: Share of pairs of different people that match at that threshold, in
            [0, 1].
        source: Where the file comes from, and its licence.
    """

    file: Path
    kind: Literal["classes", "embedding"]
    side: int
    sha256: str | None = None
    colour: Literal["rgb", "bgr"] = "rgb"
    scale: float = 1
    mean: Triple = (0, 0, 0)
    std: Triple = (1, 1, 1)
    layout: Literal["nchw", "nhwc"] = "nchw"
    labels: Path | None = None
    threshold: float | None = None
    false_match_rate: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        at_least(1, side=self.side)
        positive(scale=self.scale, std=min(self.std))
        if not all(map(math.isfinite, (*self.mean, *self.std))):
            raise SettingError(f"mean and std must be finite, got {self.mean} and {self.std}")
        if self.threshold is not None:
            positive(threshold=self.threshold)
        if self.false_match_rate is not None and not 0 <= self.false_match_rate <= 1:
            raise SettingError(f"false_match_rate must be in [0, 1], got {self.false_match_rate}")
        if self.kind == "classes" and self.threshold is not None:
            raise SettingError("threshold must be that of an embedding, got one for classes")

    @classmethod
    def read(cls, path: Path) -> "OnnxCard":
        """The card in a TOML file.

        Raises:
            WeightsError: If there is no such file, or it is no TOML.
            SettingError: If it lacks a key, or holds one that is unknown or of another kind.
        """
        try:
            content = tomllib.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise WeightsError(f"card must be a TOML file, got {path}: {error}") from error
        known = {field.name for field in fields(cls)}
        if unknown := sorted(content.keys() - known):
            raise SettingError(
                f"{path.name} must hold known keys, got {unknown[0]}; "
                f"choose from {', '.join(sorted(known))}"
            )
        if missing := [key for key in ("file", "kind", "side") if key not in content]:
            raise SettingError(f"{path.name} must hold {missing[0]}, got none; write a line for it")
        return cls(**_values(content, path.parent))


def _values(content: Mapping[str, object], folder: Path) -> dict[str, Any]:
    """What a card holds, each value as its field takes it."""
    return {key: _value(key, value, folder) for key, value in content.items()}


def _value(key: str, value: object, folder: Path) -> object:
    allowed = CHOICES.get(key)
    if allowed and value not in allowed:
        raise SettingError(f"{key} must be {' or '.join(allowed)}, got {value!r}")
    if key in TRIPLES:
        return _triple(key, value)
    if key in PATHS and isinstance(value, str):
        return folder / value
    fits = (
        (key in WORDS and isinstance(value, str))
        or (key in NUMBERS and _is_number(value))
        or (key == "side" and _is_number(value) and isinstance(value, int))
    )
    if not fits:
        raise SettingError(f"{key} must be of another kind, got {value!r}; see the guide")
    return value


def _triple(key: str, value: object) -> Triple:
    numbers = value if isinstance(value, list) else [value] * 3
    if len(numbers) != 3 or not all(map(_is_number, numbers)):
        raise SettingError(f"{key} must be a number or three, got {value!r}")
    first, second, third = map(float, numbers)
    return first, second, third


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
