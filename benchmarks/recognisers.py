"""How well the recogniser tells people apart, and how near it is to dlib.

    python benchmarks/recognisers.py            all identities of the evaluation data
    python benchmarks/recognisers.py 20         the first 20

Genuine pairs are all pairs of photos of one person; impostor pairs are as many, drawn by a seeded
generator from photos of different people. Intervals are Wilson's at 95 %. Faces are found afresh in
every photo, and a photo without one is left out and counted.
"""

import itertools
import math
import os
import sys
from pathlib import Path

import numpy as np

from sublimen.photo.file import open_photo
from sublimen.photo.panel import distance, load_panel
from sublimen.photo.versions import versions
from sublimen.recognisers.detection import detect

SEED = 0
DATA = Path(
    os.environ.get("SUBLIMEN_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)


def wilson(hits: int, trials: int) -> str:
    """Share of hits with its interval, in per cent."""
    z, share = 1.96, hits / trials
    centre = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z / (1 + z**2 / trials) * math.sqrt(share * (1 - share) / trials + (z / trials / 2) ** 2)
    return f"{share:.2%} [{centre - half:.2%}, {centre + half:.2%}] ({hits} of {trials})"


def main(identities: int) -> None:
    """Measure and print."""
    surrogate, verifier = load_panel().witnesses
    people: dict[str, list[np.ndarray]] = {}
    gaps: list[float] = []
    missed = 0
    for folder in sorted((DATA / "faces" / "lfw").iterdir())[:identities]:
        people[folder.name] = []
        for path in sorted(folder.glob("*.jpg")):
            levels = open_photo(path).levels
            faces = detect(levels)
            if not faces:
                missed += 1
                continue
            middle = levels.shape[1] / 2
            face = min(faces, key=lambda f: abs((f.box.x0 + f.box.x1) / 2 - middle))
            people[folder.name].append(surrogate.embed(levels, face))
            gaps.append(distance(people[folder.name][-1], verifier.embed(levels, face)))
    genuine = [
        distance(a, b) for known in people.values() for a, b in itertools.combinations(known, 2)
    ]
    generator = np.random.default_rng(SEED)
    names = [name for name, known in people.items() if known]
    impostors = []
    while len(impostors) < len(genuine):
        one, other = generator.choice(names, 2, replace=False)
        a = people[one][generator.integers(len(people[one]))]
        b = people[other][generator.integers(len(people[other]))]
        impostors.append(distance(a, b))
    threshold = surrogate.threshold
    print(f"{surrogate.name}, {len(names)} people, seed {SEED}, {versions()}")
    print(f"photos without a detected face: {missed}")
    for name, distances in (("true", genuine), ("false", impostors)):
        hits = sum(d <= threshold for d in distances)
        print(f"{name} match rate at {threshold:g}: {wilson(hits, len(distances))}")
    print(f"distance to dlib's own embedding: mean {np.mean(gaps):.4f}, largest {np.max(gaps):.4f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
