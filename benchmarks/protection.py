"""How many faces are protected from `dlib-resnet` alone, and at which quality, by file format.

    python benchmarks/protection.py 20               twenty photos, by `sublimen` at 1 and 2 JND
    python benchmarks/protection.py 40 bim           forty, by `bim` inside maps of three JND models

Each photo is protected as PNG and as JPEG (its own bytes where it is one). Every saved file is
judged by dlib from beginning to end: detection enlarged twice, landmarks, network. A face that is
no longer found does not count as protected.
"""

import os
import sys
import tempfile
from pathlib import Path

import dlib
import numpy as np
from face_recognition_models import (
    face_recognition_model_location,
    pose_predictor_five_point_model_location,
)
from PIL import Image

from sublimen.photo.options import SUBLIMEN, SearchOptions
from sublimen.photo.panel import Panel
from sublimen.photo.protect import Job
from sublimen.photo.versions import versions
from sublimen.recognisers.installed import embedder
from sublimen.visibility.answer import Observer

DATA = Path(
    os.environ.get("SUBLIMEN_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)
THRESHOLD = 0.6
SAME_PLACE = 0.3

detector = dlib.get_frontal_face_detector()
predictor = dlib.shape_predictor(pose_predictor_five_point_model_location())
network = dlib.face_recognition_model_v1(face_recognition_model_location())


def faces(path: Path) -> list[tuple[dlib.rectangle, np.ndarray]]:
    """Rectangles and descriptors, by dlib alone."""
    with Image.open(path) as picture:
        levels = np.ascontiguousarray(np.array(picture.convert("RGB")))
    found = detector(levels, 1) or detector(levels, 2)
    return [
        (r, np.array(network.compute_face_descriptor(levels, predictor(levels, r)))) for r in found
    ]


def overlap(one: dlib.rectangle, other: dlib.rectangle) -> float:
    """Intersection over union."""
    common = one.intersect(other).area()
    return common / (one.area() + other.area() - common)


def verdicts(original: Path, saved: Path) -> list[str]:
    """For each face of the original: `hidden`, `matched` or `lost`."""
    candidates = faces(saved)
    result = []
    for rectangle, descriptor in faces(original):
        there = [d for r, d in candidates if overlap(r, rectangle) > SAME_PLACE]
        distances = [float(np.linalg.norm(d - descriptor)) for d in there]
        verdict = "hidden" if distances and min(distances) > THRESHOLD else "matched"
        result.append(verdict if there else "lost")
    return result


def measure(photos: list[Path], ending: str, how: SearchOptions, panel: Panel) -> str:
    """One row of the table."""
    found: list[str] = []
    psnr, beyond = [], []
    names = ("flip",) if how.allowed is None else ()
    with tempfile.TemporaryDirectory() as folder:
        for number, photo in enumerate(photos):
            target = Path(folder) / f"{number}{ending}"
            source = photo
            if ending == ".png":
                source = Path(folder) / f"{number}.original.png"
                with Image.open(photo) as picture:
                    picture.convert("RGB").save(source)
            job = Job(
                source=source,
                target=target,
                panel=panel,
                observer=Observer.of(names=names),
                how=how,
            )
            quality = job.run().protection.quality
            if quality is None:
                continue
            found += verdicts(source, target)
            psnr.append(quality.psnr or np.inf)
            beyond.append(quality.beyond_jnd)
    counts = [found.count(verdict) for verdict in ("hidden", "matched", "lost")]
    hidden, matched, lost = counts
    held = f"map of {how.jnd}" if how.allowed is None else f"{how.allowed:g} JND"
    return (
        f"| {held} | {ending[1:]} | {len(psnr)} | {sum(counts)} | {hidden} | {matched} | {lost} | "
        f"{np.mean(psnr):.1f} | {np.mean(beyond):.2%} |"
    )


def main(number: int, using: str) -> None:
    """Measure and print."""
    panel = Panel.of([embedder("dlib-resnet")])
    photos = sorted((DATA / "faces" / "lfw").glob("*/*_0001.jpg"))
    photos = photos[:: max(1, 2 * len(photos) // number)][: number // 2]
    family = sorted((DATA / "faces" / "azure_family").glob("*.jpg"))
    photos += family[:: max(1, 2 * len(family) // number)][: number - len(photos)]
    ways = [SearchOptions(visibility=visibility) for visibility in (1.0, 2.0)]
    if using != SUBLIMEN:
        ways = [SearchOptions(using=using, jnd=jnd) for jnd in ("chou-li", "wu-2017", "yang")]
    print(f"{using}, map limit 1, seed 0, {versions()}")
    print("| inside | file | photos | faces | hidden | matched | lost | PSNR dB | beyond the map |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for how in ways:
        for ending in (".png", ".jpg"):
            print(measure(photos, ending, how, panel), flush=True)


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 20,
        sys.argv[2] if len(sys.argv) > 2 else SUBLIMEN,
    )
