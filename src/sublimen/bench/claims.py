"""Orderings that a plan claims, such as `full psnr >= l1 psnr`."""

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast, final

from typing_extensions import override

from sublimen.errors import SettingError

Relation: TypeAlias = Literal[">", ">=", "<", "<="]

FORM: Final = re.compile(r"(\S+) (\S+) (>=|<=|>|<) (\S+) (\S+)")


@final
@dataclass(frozen=True, kw_only=True)
class Claim:
    """That the mean of one measure of one arm is above or below another.

    Args:
        arm: One arm.
        measure: Its measure.
        relation: How they are claimed to lie; with `=` equal ones are within the claim.
        other_arm: The other arm, which may be the same.
        other_measure: The measure there, in the same unit.
    """

    arm: str
    measure: str
    relation: Relation
    other_arm: str
    other_measure: str

    @override
    def __str__(self) -> str:
        return f"{self.arm} {self.measure} {self.relation} {self.other_arm} {self.other_measure}"


def parse(text: str) -> Claim:
    """A claim from `ARM MEASURE RELATION ARM MEASURE`.

    Raises:
        SettingError: If it has another form.

    Example:
        >>> parse("full psnr >= l1 psnr").other_arm
        'l1'
    """
    found = FORM.fullmatch(text)
    if found is None:
        raise SettingError(
            f"claims must be ARM MEASURE RELATION ARM MEASURE, such as full psnr >= l1 psnr, "
            f"got {text!r}"
        )
    arm, measure, relation, other_arm, other_measure = found.groups()
    return Claim(
        arm=arm,
        measure=measure,
        relation=cast(Relation, relation),
        other_arm=other_arm,
        other_measure=other_measure,
    )
