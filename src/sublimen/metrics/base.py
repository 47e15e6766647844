"""What a metric is: a function of two batches with a name, a unit and a direction."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

from sublimen.types import Images, PerImage


@final
@dataclass(frozen=True, kw_only=True)
class Metric:
    """A full-reference measure of quality, one number per image.

    Args:
        name: Name in tables and results.
        unit: Unit of the number, empty if it has none.
        higher_is_better: Direction.
        measure: The function of reference and distorted images.
        source: Where it is defined.
        convention: What programs of that name do differently, for tables.
    """

    name: str
    unit: str
    higher_is_better: bool
    measure: Callable[[Images, Images], PerImage]
    source: str
    convention: str

    def __call__(self, reference: Images, distorted: Images) -> PerImage:
        """Measure each pair."""
        return self.measure(reference, distorted)
