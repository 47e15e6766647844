"""Colours for maps of numbers: from dark blue over grey to yellow, lighter for more."""

from typing import Final

import numpy as np
from jaxtyping import Float, UInt8

ANCHORS: Final = np.array(
    [(8, 16, 60), (60, 70, 120), (125, 124, 120), (190, 175, 95), (255, 235, 70)], dtype=float
)
"""Colours at equal distances, in levels. Blue to yellow is told apart by most colour-blind eyes,
and luma rises in equal steps."""


def coloured(
    values: Float[np.ndarray, "height width"], most: float
) -> UInt8[np.ndarray, "height width 3"]:
    """A picture of numbers.

    Args:
        values: What is shown; what lies outside [0, most] gets the colour of the nearer end.
        most: The number that gets the last colour, above 0.

    Example:
        >>> coloured(np.array([[0.0, 2.0]]), most=2).tolist()
        [[[8, 16, 60], [255, 235, 70]]]
    """
    place = np.clip(values / most, 0, 1) * (len(ANCHORS) - 1)
    ends = np.arange(len(ANCHORS))
    channels = [np.interp(place, ends, ANCHORS[:, k]) for k in range(3)]
    picture: UInt8[np.ndarray, "height width 3"]
    picture = np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
    return picture


def gradient_css() -> str:
    """The same colours as a CSS gradient from left to right."""
    stops = ", ".join(f"rgb({int(r)} {int(g)} {int(b)})" for r, g, b in ANCHORS)
    return f"linear-gradient(to right, {stops})"
