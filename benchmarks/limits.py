"""How far a change of a visibility can move one recogniser that is the only surrogate.

    python benchmarks/limits.py 4 1 2           four people, at 1 and 2 JND

Distance to the original over the threshold in the saved PNG, and after JPEG of quality 75, median
over the people: above 1 the recogniser no longer matches the photo to itself. A search against
several recognisers can do no more against any of them.
"""

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from sublimen.bench.places import evaluation_data
from sublimen.photo.options import SearchOptions
from sublimen.photo.panel import Panel
from sublimen.photo.protect import Job
from sublimen.photo.result import Protection
from sublimen.photo.versions import versions
from sublimen.recognisers.installed import embedder, installed
from sublimen.visibility.answer import Observer


def moved(photos: Iterable[Path], name: str, visibility: float) -> list[Protection]:
    """Each photo changed against one recogniser."""
    panel, observer = Panel.of([embedder(name)]), Observer.of()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for number, photo in enumerate(photos):
            job = Job(
                source=photo,
                target=Path(folder) / f"{number}.png",
                panel=panel,
                observer=observer,
                how=SearchOptions(visibility=visibility),
            )
            found.append(job.run().protection)
    return found


def shares(protections: Iterable[Protection], upload: str) -> list[float]:
    """Distance of the largest face to the original over the threshold, after an upload."""
    found = []
    for protection in protections:
        face = max(protection.faces, key=lambda face: face.box.width)
        left = next(entry for entry in face.survival if entry.upload == upload)
        found.append(left.recognisers[0].after / left.recognisers[0].threshold)
    return found


def main(people: int, visibilities: list[float]) -> None:
    """Print a table."""
    folders = sorted((evaluation_data() / "faces" / "lfw").iterdir())
    photos = [sorted(folder.iterdir())[0] for folder in folders[:: len(folders) // people][:people]]
    print(f"{len(photos)} people; seed 0, normal effort; {versions()}\n")
    print("| recogniser alone | JND | reading | PNG | JPEG q75 |\n| --- | --- | --- | --- | --- |")
    for name in installed():
        for visibility in visibilities:
            found = moved(photos, name, visibility)
            read = median(p.visibility.jnd for p in found if p.visibility is not None)
            png, jpeg = (median(shares(found, upload)) for upload in ("png", "q75"))
            print(f"| {name} | {visibility:g} | {read:.2f} | {png:.2f} | {jpeg:.2f} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), [float(text) for text in sys.argv[2:]])
