"""Attacks and JND models made of the tables of a plan, by the fields of their classes."""

import dataclasses
import inspect
import re
import typing
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any, Final, TypeVar

from sublimen.attacks import ATTACKS, Attack
from sublimen.attacks.distances import DISTANCES, Distance
from sublimen.bench.plan import Arm
from sublimen.catalogue import look_up
from sublimen.checks import need
from sublimen.errors import SettingError
from sublimen.interop import Theirs
from sublimen.jnd import JND_MODELS, JndModel
from sublimen.visibility import Calibrated

T = TypeVar("T")

KIND: Final = "kind"
"""Key of a table that says which of several classes it is about."""

CATALOGUES: Final[Mapping[type, Mapping[str, type]]] = {
    Attack: {**ATTACKS, Theirs.name: Theirs},
    Distance: DISTANCES,
    JndModel: {**JND_MODELS, Calibrated.name: Calibrated},
}
"""Names of the entries of a base class; those of any other are made of the names of its classes."""

RATIO: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*/\s*(\d+(?:\.\d+)?)\s*")
"""A number written as a fraction, such as 8/255."""


def attack(arm: Arm) -> Attack:
    """The attack of an arm.

    A setting is a number, a word, a list, a fraction such as "8/255", or an object: its name, or a
    table with its `kind` and its own settings. So a new attack, budget or distance needs nothing
    here.

    Raises:
        UnknownNameError: If there is no such attack, or no such object.
        SettingError: If a setting is not one of the attack, or out of its range.
    """
    return entry(Attack, {**arm.settings, KIND: arm.attack}, where=f"arms.{arm.name}")


def entry(base: type[T], value: object, *, where: str) -> T:
    """An object of a class or of one of its subclasses.

    Args:
        base: The class; an abstract one has its subclasses by name.
        value: A name, or a table.
        where: Place in the plan.

    Raises:
        UnknownNameError: If no subclass has that name.
        SettingError: If the table does not fit the class.
    """
    if not isinstance(value, str | Mapping):
        raise SettingError(f"{where} must be a name or a table, got {value!r}")
    settings = {KIND: value} if isinstance(value, str) else dict(value)
    chosen = base
    if inspect.isabstract(base):
        name = settings.pop(KIND, None)
        if not isinstance(name, str):
            raise SettingError(f"{where} must say its {KIND}, one of {', '.join(_entries(base))}")
        chosen = look_up(_entries(base), name, kind=f"{_dashed(base.__name__)} for {where}")
    made: T = _made(chosen, settings, where)
    return made


def _entries(base: type) -> Mapping[str, type]:
    known = CATALOGUES.get(base)
    return known or {_dashed(found.__name__): found for found in _concrete(base)}


def _concrete(base: type) -> Iterator[type]:
    below: list[type] = base.__subclasses__()
    for found in below:
        if not inspect.isabstract(found):
            yield found
        yield from _concrete(found)


def _dashed(name: str) -> str:
    """The name of a class as people type it.

    Example:
        >>> _dashed("JndBox")
        'jnd-box'
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def _made(chosen: Callable[..., Any], settings: Mapping[str, object], where: str) -> Any:  # noqa: ANN401
    fields = dataclasses.fields(chosen) if dataclasses.is_dataclass(chosen) else ()
    hints = typing.get_type_hints(chosen)
    values = {}
    for key, value in settings.items():
        name = look_up({f.name: f.name for f in fields}, key, kind=f"setting of {where}")
        values[name] = _value(hints[name], value, f"{where}.{name}")
    empty = dataclasses.MISSING
    for one in fields:
        if one.name not in values and one.default is empty and one.default_factory is empty:
            raise SettingError(f"{where}.{one.name} must be given, got nothing")
    try:
        return chosen(**values)
    except SettingError as error:
        raise SettingError(f"{where}: {error}") from error


def _value(hint: Any, value: object, where: str) -> object:  # noqa: ANN401 -- any annotation
    members = [m for m in (typing.get_args(hint) or (hint,)) if _structured(m)]
    if members and isinstance(value, list):
        return tuple(entry(members[0], one, where=where) for one in value)
    if members:
        return entry(members[0], value, where=where)
    return _plain(hint, value, where)


def _structured(hint: object) -> bool:
    """Whether it is a class that a table can describe."""
    return isinstance(hint, type) and (inspect.isabstract(hint) or dataclasses.is_dataclass(hint))


def _plain(hint: Any, value: object, where: str) -> object:  # noqa: ANN401
    """A number, word or list, checked against an annotation."""
    pydantic = need("pydantic", extra="bench")
    if isinstance(value, str) and (ratio := RATIO.fullmatch(value)):
        value = float(Fraction(ratio[1]) / Fraction(ratio[2]))
    try:
        checked: object = pydantic.TypeAdapter(hint).validate_python(value)
    except pydantic.ValidationError as error:
        raise SettingError(f"{where}: {error.errors()[0]['msg']}, got {value!r}") from error
    except pydantic.errors.PydanticUserError as error:
        raise SettingError(f"{where} cannot be given in a plan; leave it out") from error
    return checked
