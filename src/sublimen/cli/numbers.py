"""Numbers as people type them."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias

from cyclopts import Parameter, Token


def whole(_: type[int], tokens: Sequence[Token]) -> int:
    """A whole number; others are refused and not rounded.

    Raises:
        ValueError: Saying what was typed.
    """
    try:
        return int(tokens[0].value)
    except ValueError as error:
        raise ValueError(f"must be a whole number, got {tokens[0].value}") from error


Whole: TypeAlias = Annotated[int, Parameter(converter=whole)]
"""An option that takes a whole number."""
