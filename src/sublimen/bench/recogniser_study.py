"""The study of recognisers: distances of pairs of faces, rows, table and numbers."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Final

from sublimen.bench.recogniser_rows import SEED, Pair, measure, read, write
from sublimen.bench.recogniser_table import DRAWS, Accuracy, accuracy, markdown
from sublimen.bench.results import writable
from sublimen.photo.versions import versions

FILES: Final = ("pairs.csv", "recognisers.md", "recognisers.json")
"""What is written: the distances of all pairs, the table for people, the same for programs."""


def run(data: Path, output: Path, *, watch: Callable[[str], None]) -> list[Accuracy]:
    """Ask every installed recogniser about pairs of faces.

    Args:
        data: Folder with the evaluation data.
        output: Folder to write to.
        watch: Told what is being measured.

    Raises:
        PhotoError: If the data is not there.
        MissingExtraError: If dlib or its weights are not installed.
        WeightsError: If the weights of a recogniser are not what they should be.
        OutputError: If the results cannot be written.
    """
    with writable(output):
        write(output / FILES[0], measure(data, watch=watch))
        pairs = read(output / FILES[0])
        found = [accuracy(pairs, name) for name in pairs[0].distances]
        (output / FILES[1]).write_text(markdown(found, _head(pairs)), "utf-8")
        table = {"made": date.today().isoformat(), "versions": versions()}
        rows = [asdict(entry) for entry in found]
        text = json.dumps({**table, "recognisers": rows}, indent=2, allow_nan=False)
        (output / FILES[2]).write_text(text + "\n", "utf-8")
    return found


def _head(pairs: list[Pair]) -> str:
    same = sum(pair.same for pair in pairs)
    people = {place[0] for pair in pairs for place in (pair.one, pair.other)}
    used = ", ".join(f"{name} {number}" for name, number in versions().items())
    return (
        f"Made {date.today().isoformat()} by `sublimen bench recognisers`: {len(people)} people of "
        f"Labeled Faces in the Wild, {same} pairs of one person, {len(pairs) - same} of two (seed "
        f"{SEED}); 95 % intervals over the people, {DRAWS} bootstrap samples; {used}.\n"
    )
