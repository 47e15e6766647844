"""Plans of runs: what is attacked, how, under which fixed point, and what is measured."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final, Literal, TypeAlias, TypeVar, final

from sublimen.bench.claims import parse
from sublimen.checks import at_least, need
from sublimen.errors import SettingError

T = TypeVar("T")

Aim: TypeAlias = Literal["untargeted", "targeted"]
Constraint: TypeAlias = Literal["success", "margin", "survival", "visibility"]

STRICT: Final[Mapping[str, str]] = {"extra": "forbid"}
"""Keys that no field has are refused, not overlooked."""

NAME: Final = re.compile(r"[a-z0-9][a-z0-9.+-]*")
"""What an arm may be called: it becomes a folder and a cell of a table."""

ORIGINAL: Final = "original"
"""The arm that every plan has: the images as they came."""


@final
@dataclass(frozen=True, kw_only=True)
class Pictures:
    """The images that are attacked.

    Args:
        source: `nips17` and `lfw` are evaluation data, `folder` is any folder of pictures, `made`
            are coloured clouds that need no data.
        count: How many at most, at least 1.
        side: Height and width in pixels, at least 1; the recogniser's own if not given.
        folder: The folder of `folder`.
        targets: `named` takes the wanted classes that the data set names, `shifted` those half of
            all classes further on.
    """

    __pydantic_config__: ClassVar = STRICT

    source: Literal["nips17", "lfw", "folder", "made"]
    count: int = 100
    side: int | None = None
    folder: Path | None = None
    targets: Literal["named", "shifted"] = "shifted"

    def __post_init__(self) -> None:
        at_least(1, count=self.count, side=self.side or 1)
        if (self.source == "folder") != (self.folder is not None):
            raise SettingError("folder must be given with source = 'folder', and only then")
        if self.targets == "named" and self.source != "nips17":
            raise SettingError(f"targets must be 'shifted': {self.source} names none")


@final
@dataclass(frozen=True, kw_only=True)
class Point:
    """What all arms of a table have in common.

    Args:
        fixed: `success`: each arm's first or best success; `margin`: a lead of so many logits;
            `survival`: success after JPEG of a quality; `visibility`: every change is scaled to
            measure so many JND.
        at: The margin, the quality or the JND; 0 for `success`.
    """

    __pydantic_config__: ClassVar = STRICT

    fixed: Constraint = "success"
    at: float = 0.0

    def __post_init__(self) -> None:
        if self.fixed == "survival" and not (1 <= self.at <= 100 and self.at == int(self.at)):
            raise SettingError(f"at must be a JPEG quality, 1 to 100, got {self.at:g}")
        if self.fixed in {"margin", "visibility"} and not self.at > 0:
            raise SettingError(f"at must be above 0 for {self.fixed}, got {self.at:g}")
        if self.fixed == "success" and self.at != 0:
            raise SettingError(f"at must be left out for success, got {self.at:g}")

    @property
    def name(self) -> str:
        """Name in rows and of folders."""
        return self.fixed if self.fixed == "success" else f"{self.fixed}-{self.at:g}"

    @property
    def margin(self) -> float:
        """Difference of logits by which the goal must lead."""
        return self.at if self.fixed == "margin" else 0.0

    @property
    def quality(self) -> int | None:
        """JPEG quality that must be survived."""
        return int(self.at) if self.fixed == "survival" else None


@final
@dataclass(frozen=True, kw_only=True)
class Arm:
    """A method with its settings.

    Args:
        name: Name in rows and tables.
        attack: Name in the catalogue of attacks.
        settings: Fields of the attack; see `sublimen.bench.arms`.
    """

    __pydantic_config__: ClassVar = STRICT

    name: str
    attack: str
    settings: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name) or self.name == ORIGINAL:
            raise SettingError(
                "name of an arm must be lower-case letters, digits and . + - and not "
                f"{ORIGINAL}, got {self.name!r}"
            )


@final
@dataclass(frozen=True, kw_only=True)
class Measures:
    """What is measured on the files.

    Args:
        metrics: Names in `sublimen.metrics.METRICS`.
        jnd: JND model for the share of samples beyond its map: a name, or a table with `kind`.
        visible: Whether the meters of visibility read every file.
        qualities: JPEG qualities at which survival is tried.
    """

    __pydantic_config__: ClassVar = STRICT

    metrics: tuple[str, ...] = (
        "psnr",
        "psnr_red",
        "psnr_green",
        "psnr_blue",
        "ssim",
        "ciede2000_mean",
        "linf",
    )
    jnd: object = "hvs-sd"
    visible: bool = True
    qualities: tuple[int, ...] = (95, 90, 75)


@final
@dataclass(frozen=True, kw_only=True)
class Plan:
    """A run, from the images to what is claimed of it.

    Args:
        title: What the tables are headed with.
        seed: Seed of every random choice.
        recogniser: Name as for `sublimen.recognisers.loading.load`; with images of `lfw`,
            `identities:{gallery}` knows the people of the run, and at least ten.
        pictures: The images.
        goals: What the adversary wants.
        points: Fixed points; each has tables of its own.
        arms: The methods.
        measures: What is measured.
        claims: Orderings to be checked; see `sublimen.bench.verdicts`.
        chunk: Images of a unit of work, at least 1.
    """

    __pydantic_config__: ClassVar = STRICT

    title: str
    recogniser: str
    pictures: Pictures
    arms: tuple[Arm, ...]
    seed: int = 0
    goals: tuple[Aim, ...] = ("untargeted", "targeted")
    points: tuple[Point, ...] = (Point(),)
    measures: Measures = field(default_factory=Measures)
    claims: tuple[str, ...] = ()
    chunk: int = 10

    def __post_init__(self) -> None:
        at_least(1, chunk=self.chunk, arms=len(self.arms), goals=len(self.goals))
        if "," in self.recogniser:
            raise SettingError(f"recogniser must not hold a comma, got {self.recogniser!r}")
        check_different("goals", self.goals)
        check_different("points", [point.name for point in self.points])
        check_different("arms", [arm.name for arm in self.arms])
        names = {arm.name for arm in self.arms}
        for claim in map(parse, self.claims):
            if unknown := {claim.arm, claim.other_arm} - names:
                raise SettingError(f"claims must be about arms of the plan, got {min(unknown)}")


def check_different(what: str, names: Iterable[str]) -> None:
    """Refuse a list that names something twice.

    Raises:
        SettingError: If it does.
    """
    listed = list(names)
    if len(set(listed)) < len(listed):
        raise SettingError(f"{what} must be different ones, got {', '.join(listed)}")


def checked(table: Mapping[str, object]) -> Plan:
    """A plan from a table.

    Args:
        table: As `dataclasses.asdict` gives it.

    Raises:
        SettingError: Naming the first key that is wrong.
        MissingExtraError: If pydantic is not installed.
    """
    return validated(Plan, table)


def validated(kind: type[T], table: Mapping[str, object]) -> T:
    """A plan of some kind from a table.

    Args:
        kind: The kind of plan, a dataclass.
        table: As `dataclasses.asdict` gives it.

    Raises:
        SettingError: Naming the first key that is wrong.
        MissingExtraError: If pydantic is not installed.
    """
    pydantic = need("pydantic", extra="bench")
    try:
        plan: T = pydantic.TypeAdapter(kind).validate_python(dict(table))
    except pydantic.ValidationError as error:
        raise SettingError(_sentence(error.errors()[0], table)) from error
    return plan


def _sentence(error: Mapping[str, object], table: Mapping[str, object]) -> str:
    """One of pydantic's complaints as one of ours; arms are called by their names."""
    place = error["loc"]
    keys = [str(part) for part in place] if isinstance(place, tuple) else []
    arms = table.get("arms")
    if keys[:1] == ["arms"] and len(keys) > 1 and isinstance(arms, list | tuple):
        keys[1] = str(arms[int(keys[1])]["name"])
    words = str(error["msg"]).removeprefix("Value error, ")
    return ": ".join(["plan", *([".".join(keys)] if keys else []), words])
