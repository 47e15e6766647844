"""Plans as files: TOML that comes with the package, or anybody's own."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

from sublimen.bench.plan import Plan, checked
from sublimen.catalogue import look_up
from sublimen.errors import PhotoError, SettingError

FRONTIER: Final = "frontier"
"""How the names of plans of the frontier begin; `sublimen.bench.frontier_plan` reads them."""


def packaged(*, frontier: bool = False) -> dict[str, str]:
    """The plans that come with the package, TOML by name.

    Args:
        frontier: Whether those of the frontier are wanted, or all others.
    """
    found = files("sublimen.bench") / "plans"
    return {
        Path(entry.name).stem: entry.read_text("utf-8")
        for entry in sorted(found.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".toml") and entry.name.startswith(FRONTIER) == frontier
    }


def read(plan: str, *, small: bool = False) -> Plan:
    """A plan by the name of a packaged one, or by its path.

    Args:
        plan: A name, or a path that ends in `.toml`. A plan that `extends` a packaged one says
            only what differs.
        small: Whether the plan's overrides under `small` hold.

    Raises:
        UnknownNameError: If no packaged plan has that name.
        PhotoError: If there is no such file.
        SettingError: If it is no plan, naming the key.
    """
    table = read_table(plan, packaged())
    overrides = table.pop("small", {})
    if not small:
        return checked(arms_listed(table))
    if not isinstance(overrides, dict) or not overrides:
        raise SettingError(f"{plan} must have a table `small` to be run with --small, got none")
    return checked(arms_listed(_merged(table, overrides)))


def read_table(plan: str, plans: Mapping[str, str]) -> dict[str, object]:
    """What a plan says, on top of what the packaged plan that it `extends` says.

    Args:
        plan: A name, or a path that ends in `.toml`.
        plans: The packaged plans of this kind, TOML by name.

    Raises:
        UnknownNameError: If no packaged plan has that name.
        PhotoError: If there is no such file.
        SettingError: If it is no TOML, or extends no other plan.
    """
    try:
        table = tomllib.loads(_text(plan, plans))
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"{plan} must be TOML, got: {error}") from error
    base = table.pop("extends", None)
    if base is None:
        return table
    if not isinstance(base, str) or base == plan:
        raise SettingError(f"extends must name another packaged plan, got {base!r}")
    look_up(plans, base, kind="plan")
    return _merged(read_table(base, plans), table)


def _text(plan: str, plans: Mapping[str, str]) -> str:
    if not plan.endswith(".toml"):
        return look_up(plans, plan, kind="plan")
    try:
        return Path(plan).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PhotoError(f"{plan} must be a plan in TOML that can be read") from error


def _merged(table: dict[str, object], overrides: Mapping[str, object]) -> dict[str, object]:
    """A table with some values replaced; tables inside are merged, lists are not."""
    merged = dict(table)
    for key, value in overrides.items():
        old = merged.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        merged[key] = _merged(old, value) if both else value  # type: ignore[arg-type]
    return merged


def arms_listed(table: dict[str, object]) -> dict[str, object]:
    """The tables `arms.NAME`, which hold `attack` and its settings, as a list."""
    arms = table.get("arms")
    if not isinstance(arms, dict):
        return table
    listed = []
    for name, arm in arms.items():
        settings = dict(arm) if isinstance(arm, dict) else {}
        attack = {"attack": settings.pop("attack")} if "attack" in settings else {}
        listed.append({"name": name, **attack, "settings": settings})
    return {**table, "arms": listed}
