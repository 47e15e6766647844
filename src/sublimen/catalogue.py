"""Names that people type and the classes behind them."""

import difflib
import inspect
import sys
from collections.abc import Mapping
from typing import Any, TypeVar

from sublimen.errors import UnknownNameError

T = TypeVar("T")


def exported(package: str, kind: type[T]) -> dict[str, type[T]]:
    """Map each name to the class of `kind` that `package` exports under it.

    Call it on the last line of the package, when every class has been imported.
    """
    classes: list[Any] = [c for c in vars(sys.modules[package]).values() if inspect.isclass(c)]
    entries = [c for c in classes if issubclass(c, kind) and not inspect.isabstract(c)]
    return {c.name: c for c in sorted(entries, key=lambda c: c.name)}


def look_up(catalogue: Mapping[str, T], name: str, *, kind: str) -> T:
    """The entry called `name`.

    Args:
        catalogue: Entries by name.
        name: What somebody typed.
        kind: What an entry is called in the message, such as "attack".

    Raises:
        UnknownNameError: Listing the nearest names, or all of them.

    Example:
        >>> look_up({"pgd": 1, "bim": 2}, "pgdd", kind="attack")
        Traceback (most recent call last):
        sublimen.errors.UnknownNameError: no attack 'pgdd'; did you mean pgd?
    """
    if name in catalogue:
        return catalogue[name]
    nearest = difflib.get_close_matches(name, catalogue, n=3)
    advice = (
        f"did you mean {', '.join(nearest)}?" if nearest else f"choose from {', '.join(catalogue)}"
    )
    raise UnknownNameError(f"no {kind} {name!r}; {advice}")


def source(entry: type) -> str:
    """Where an entry comes from: the `References` section of its docstring, in one line.

    Empty if the docstring has none.
    """
    _, _, references = inspect.cleandoc(entry.__doc__ or "").partition("References:\n")
    return " ".join(references.split())
