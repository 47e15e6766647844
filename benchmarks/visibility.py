"""How visible the change of `sublimen protect` is, by `--using bim`, on saved PNG files.

    python benchmarks/visibility.py 20          the first photo of every fifth identity

Medians over the photos, with quartiles, of what every meter reads in its worst window.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

from sublimen.bench.places import evaluation_data
from sublimen.photo.options import SearchOptions
from sublimen.photo.panel import load_panel
from sublimen.photo.protect import Job
from sublimen.photo.versions import versions
from sublimen.visibility.answer import Observer, Visibility
from sublimen.visibility.views import VIEWINGS


def seen(photos: list[Path]) -> list[Visibility]:
    """What is read of each protected photo."""
    panel, observer, found = load_panel(), Observer.of(), []
    with tempfile.TemporaryDirectory() as folder:
        for number, photo in enumerate(photos):
            target = Path(folder) / f"{number}.png"
            how = SearchOptions(using="bim")
            job = Job(source=photo, target=target, panel=panel, observer=observer, how=how)
            visibility = job.run().protection.visibility
            if visibility is not None:
                found.append(visibility)
    return found


def quartiles(values: list[float]) -> str:
    """Median and quartiles."""
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return f"{middle:.2f} [{low:.2f}, {high:.2f}]"


def main(number: int) -> None:
    """Measure and print."""
    people = sorted((evaluation_data() / "faces" / "lfw").iterdir())
    photos = [min(person.glob("*.jpg")) for person in people[:: max(1, len(people) // number)]]
    found = seen(photos[:number])
    meters = list(found[0].meters)
    print(f"{len(found)} photos, wu-2017, map limit 1, seed 0, {versions()}")
    print(
        f"JND that count: {quartiles([v.jnd for v in found])}, by "
        f"{', '.join(sorted({str(v.meter) for v in found}))}"
    )
    print(f"as JPEG of quality: {quartiles([v.jpeg_quality or 100 for v in found])}")
    print("| viewing | " + " | ".join(meters) + " |")
    print("| --- |" + " --- |" * len(meters))
    for viewing in VIEWINGS:
        readings = [v.viewings[viewing] for v in found]
        cells = [quartiles([r.meters[name].jnd for r in readings]) for name in meters]
        print(f"| {viewing} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
