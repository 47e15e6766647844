"""What a frontier comes to, as tables."""

from collections.abc import Iterable

from sublimen.bench.frontier_cells import ROLES, Results
from sublimen.bench.intervals import Interval
from sublimen.photo.options import SUBLIMEN


def markdown(results: Results, head: str) -> str:
    """The tables.

    Args:
        results: What was found.
        head: Date, versions and what was measured.
    """
    parts = [f"# {results.plan.title}\n", head]
    for name, lines in (
        ("before", _before(results)),
        *((role, _rates_of(results, role)) for role in ROLES),
        ("recogniser", _each(results)),
        ("ratio", _ratios(results)),
        ("readings", _readings(results)),
    ):
        parts += [f"<!-- --8<-- [start:{name}] -->\n", *lines, f"\n<!-- --8<-- [end:{name}] -->\n"]
    return "\n".join(parts)


def _before(results: Results) -> list[str]:
    found = {(name, version): rate for name, version, rate in results.before()}
    names = dict.fromkeys(name for name, _ in found)
    return [
        *_head("recogniser", results.plan.versions),
        *(
            _line(f"`{name}`", (_text(found.get((name, v))) for v in results.plan.versions))
            for name in names
        ),
    ]


def _rates_of(results: Results, role: str) -> list[str]:
    columns = ("version", "match rate (Wilson)", "over people", "distance / threshold", "found")
    lines = _head("arm", ("JND", *columns))
    for visibility in results.plan.visibilities:
        for version in results.plan.versions:
            for arm in results.plan.arms:
                cell = results.cells.get((arm.name, visibility, version, role))
                if cell is not None:
                    around = cell.bootstrap
                    texts = (
                        f"{visibility:g}",
                        version,
                        cell.wilson.text(2),
                        f"[{around.low:.2f}, {around.high:.2f}]",
                        f"{cell.distance:.2f}",
                        f"{cell.found:.2f}",
                    )
                    lines.append(_line(f"`{arm.name}`", texts))
    return lines


def _each(results: Results) -> list[str]:
    """Match rate with Wilson's interval, and mean distance over the threshold."""
    keys = dict.fromkeys((k[1], k[4], k[3], k[0]) for k in results.each)
    places = {one.name: place for place, one in enumerate(results.plan.arms)}
    lines = _head("recogniser", ("role", "JND", "arm", *results.plan.versions))
    for key in sorted(keys, key=lambda k: (k[1], k[2], k[0], places[k[3]])):
        visibility, name, role, arm = key
        cells = [results.each.get((arm, visibility, v, role, name)) for v in results.plan.versions]
        texts = [
            "-" if cell is None else f"{cell.wilson.text(2)}; {cell.distance:.2f}" for cell in cells
        ]
        lines.append(_line(f"`{name}`", (role, f"{visibility:g}", f"`{arm}`", *texts)))
    return lines


def _ratios(results: Results) -> list[str]:
    versions = results.plan.versions
    lines = _head("arm", ("JND", *versions))
    for arm in results.plan.arms:
        if arm.attack == SUBLIMEN:
            for visibility in results.plan.visibilities:
                ratios = (results.ratio(arm.name, visibility, version) for version in versions)
                texts = (f"{visibility:g}", *map(_text, ratios))
                lines.append(_line(f"`{arm.name}`", texts))
    return lines


def _readings(results: Results) -> list[str]:
    columns = {
        "jnd": "read, optimised",
        "jnd_unseen": "unseen",
        "jnd_unseen_desk": "unseen, desk",
        "jnd_unseen_worst": "unseen, worst viewing",
        "psnr": "PSNR, dB",
        "seconds": "seconds",
    }
    lines = _head("arm", ("JND", *columns.values()))
    for visibility in results.plan.visibilities:
        for arm in results.plan.arms:
            means = (results.readings(arm.name, visibility, column) for column in columns)
            texts = (f"{visibility:g}", *map(_text, means))
            lines.append(_line(f"`{arm.name}`", texts))
    return lines


def _head(first: str, columns: Iterable[str]) -> list[str]:
    named = [first, *columns]
    return [f"| {' | '.join(named)} |", "|" + " --- |" * len(named)]


def _line(first: str, texts: Iterable[str]) -> str:
    return f"| {' | '.join([first, *texts])} |"


def _text(interval: Interval | None) -> str:
    return "-" if interval is None else interval.text(2)
