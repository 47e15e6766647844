"""The command `sublimen models`."""

import inspect
from collections.abc import Mapping

from rich.table import Table

from sublimen.cli.output import print_json, print_table


def models(*, json: bool = False) -> None:
    """List attacks, JND models, metrics and recognisers with their sources.

    Args:
        json: Print one JSON object a line instead of a table.
    """
    rows = list(_rows())
    if json:
        for row in rows:
            print_json(row)
        return
    table = Table("kind", "name", "what it is", "source")
    for row in rows:
        table.add_row(*row.values())
    print_table(table)


def _rows() -> list[dict[str, str]]:
    from sublimen.attacks import ATTACKS
    from sublimen.jnd import JND_MODELS
    from sublimen.metrics import METRICS
    from sublimen.recognisers import CLASSIFIERS, RECOGNISERS

    rows = []
    catalogues: Mapping[str, Mapping[str, type]] = {
        "attack": ATTACKS,
        "jnd": JND_MODELS,
        "recogniser": {**RECOGNISERS, **CLASSIFIERS},
    }
    for kind, catalogue in catalogues.items():
        rows += [_row(kind, name, entry) for name, entry in catalogue.items()]
    for name, metric in METRICS.items():
        summary = inspect.getdoc(metric.measure) or ""
        rows.append(
            {
                "kind": "metric",
                "name": name,
                "summary": summary.splitlines()[0],
                "source": metric.source,
            }
        )
    return rows


def _row(kind: str, name: str, entry: type) -> dict[str, str]:
    from sublimen.catalogue import source

    summary = (inspect.getdoc(entry) or "").splitlines()[0]
    return {"kind": kind, "name": name, "summary": summary, "source": source(entry)}
