"""What people type for an attack: classes, budgets, files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, final

from sublimen.attacks.budget import Budget, JndBox, Linf
from sublimen.catalogue import look_up
from sublimen.errors import OutputError, PhotoError, SettingError, UnknownNameError
from sublimen.jnd import JND_MODELS
from sublimen.photo.encoding import SUFFIXES
from sublimen.recognisers.recogniser import Recogniser

USUAL_JND: Final = "wu-2017"
"""JND model of a budget that names none."""


def parse_budget(text: str | None, jnd: str | None) -> Budget | None:
    """A budget as people type it; nothing if nothing was typed.

    Args:
        text: A number or fraction, alone or after `linf:` or `jnd:`.
        jnd: Name of the JND model, for a budget of its maps.

    Raises:
        SettingError: If it is none, or too small or large.
        UnknownNameError: If there is no such JND model.

    Example:
        >>> parse_budget("8/255", None) == parse_budget("linf:8/255", None) == Linf(8 / 255)
        True
    """
    kind, _, number = (text or "").rpartition(":")
    if jnd is not None and kind != "jnd":
        raise SettingError(f"jnd must come with a budget of its maps, such as jnd:1.0, got {text}")
    if text is None:
        return None
    try:
        limit = float(Fraction(number))
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise _no_budget(text) from error
    if kind == "jnd":
        model = look_up(JND_MODELS, jnd or USUAL_JND, kind="JND model")
        return JndBox(model(), limit=limit)
    if kind not in {"", "linf"}:
        raise _no_budget(text)
    return Linf(limit)


def _no_budget(text: str) -> SettingError:
    return SettingError(f"budget must be like 8/255, linf:8/255 or jnd:1.0, got {text!r}")


def parse_class(text: str | None, recogniser: Recogniser) -> int | None:
    """The number of a class that was given by its name or number; nothing if it was not.

    Names of several words between commas are known by each of them: "tabby" for "tabby, tabby
    cat", the first class where several have it.

    Raises:
        UnknownNameError: If the recogniser has no class of that name.
        SettingError: If it has no class of that number.
    """
    names = recogniser.labels
    if text is None or text in names:
        return None if text is None else names.index(text)
    if text.isdecimal():
        if names and int(text) >= len(names):
            raise SettingError(
                f"class must be below {len(names)}, the number of classes of {recogniser.name}, "
                f"got {text}"
            )
        return int(text)
    if not names:
        raise UnknownNameError(
            f"no class {text!r}; {recogniser.name} does not name its classes, give a number"
        )
    known: dict[str, int] = {}
    for number, name in enumerate(names):
        known.setdefault(name.casefold(), number)
    for number, name in enumerate(names):
        for synonym in name.casefold().split(", "):
            known.setdefault(synonym, number)
    return look_up(known, text.casefold(), kind="class")


@final
@dataclass(frozen=True)
class Place:
    """An image and where its result goes."""

    source: Path
    target: Path


def places(inputs: Sequence[Path], output: Path, suffix: str, *, force: bool) -> list[Place]:
    """The images among files and folders, each with a place under its own name.

    Folders are looked through with all that is in them, and what is in them keeps its place.

    Args:
        inputs: Files and folders.
        output: Folder to write to.
        suffix: Ending of the results.
        force: Whether files may be there already.

    Raises:
        PhotoError: If a folder holds no photo.
        OutputError: If two results would have the same place, or a place is taken.
    """
    if output.exists() and not output.is_dir():
        raise OutputError(f"{output} must be a folder, got a file")
    found = [
        Place(source, (output / name).with_suffix(suffix))
        for path in inputs
        for source, name in _photos(path, output)
    ]
    sources = {place.source.resolve() for place in found}
    taken: dict[Path, Path] = {}
    for place in found:
        other = taken.setdefault(place.target, place.source)
        if other != place.source:
            raise OutputError(
                f"{place.target} must be one result only, got {other} and {place.source}; "
                "run them into different folders"
            )
        if place.target.resolve() in sources:
            raise OutputError(f"{place.target} must not be an original; name another folder")
        if place.target.exists() and not force:
            raise OutputError(
                f"{place.target} must not exist yet; name another folder or add --force"
            )
    return list({place.target: place for place in found}.values())


def _photos(path: Path, output: Path) -> Iterator[tuple[Path, Path]]:
    """The photos of a path, and what they are called below it."""
    if not path.is_dir():
        yield path, Path(path.name)
        return
    mine = output.resolve()
    files = [
        file
        for file in sorted(path.rglob("*"))
        if file.suffix.lower() in SUFFIXES
        and file.is_file()
        and not file.name.startswith(".")
        and mine not in file.resolve().parents
    ]
    if not files:
        raise PhotoError(f"{path} must hold photos, got none that ends in {', '.join(SUFFIXES)}")
    for file in files:
        yield file, file.relative_to(path)
