"""What a meter of visibility is: a score of one family, and its part in a reading."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from sublimen.checks import check_pair
from sublimen.types import Images, PerImage

Role: TypeAlias = Literal["optimised", "unseen"]
"""Whether an attack may follow a meter's gradient, or the meter only judges."""

Score: TypeAlias = Callable[[Images], PerImage]
"""The score of each distorted image against originals that are known already."""


@dataclass(frozen=True, kw_only=True)
class Meter(ABC):
    """A program's score of how much two pictures differ, one number per image.

    Scores become JND by the table of `sublimen.visibility.calibration`.
    """

    name: ClassVar[str]
    role: ClassVar[Role]
    minimum_size: ClassVar[int]
    perfect: ClassVar[float]
    """Score of equal images."""
    version: ClassVar[str]
    """Program and version whose scores these are."""

    def check(self) -> None:  # noqa: B027 -- most meters need nothing
        """Refuse a meter that cannot work here.

        Raises:
            MissingExtraError: Saying what to install.
        """

    @abstractmethod
    def against(self, reference: Images) -> Score:
        """Everything that can be computed from the originals alone.

        Raises:
            ImageError: If the images are smaller than `minimum_size`.
            MissingExtraError: If the program is not installed.
        """
        raise NotImplementedError

    def __call__(self, reference: Images, distorted: Images) -> PerImage:
        """Score each pair.

        Raises:
            ImageError: If the batches cannot be compared or are smaller than `minimum_size`.
            MissingExtraError: If the program is not installed.
        """
        check_pair(reference, distorted, minimum_size=self.minimum_size)
        return self.against(reference)(distorted)
