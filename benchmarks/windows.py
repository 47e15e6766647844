"""How much of the worst window is found when only the likeliest windows are read.

    python benchmarks/windows.py

Ten Kodak pictures, five kinds of change, viewing `desk`: the reading of the likeliest 4 and 8
windows as a share of the reading of all.
"""

import numpy as np

from sublimen.bench.distortions import DISTORTIONS
from sublimen.bench.places import evaluation_data
from sublimen.imaging.levels import from_bytes
from sublimen.photo.file import open_photo
from sublimen.visibility import Cvvdp, Flip, Ssimulacra2
from sublimen.visibility.comparison import Comparison

CHANGES = {"white": 5.0, "low": 2.0, "jpeg-420": 78.0, "blue": 14.0, "blur": 0.7}
KEPT = (4, 8)
METERS = (Cvvdp(), Ssimulacra2(), Flip())


def main() -> None:
    """Measure and print."""
    kinds = {d.name: d for d in DISTORTIONS}
    shares: dict[int, list[float]] = {most: [] for most in KEPT}
    for path in sorted((evaluation_data() / "kodak").glob("*.png"))[:10]:
        levels = open_photo(path).levels
        for name, strength in CHANGES.items():
            changed = kinds[name](levels, strength, path.stem)
            jnd = {
                most: Comparison(
                    *map(from_bytes, (levels, changed)),
                    meters=METERS,
                    most={"optimised": most, "unseen": 1},
                )
                .reading("desk")
                .jnd
                for most in (*KEPT, 999)
            }
            for most in KEPT:
                shares[most].append(jnd[most] / jnd[999])
    for most, found in shares.items():
        print(f"{most} windows: mean {np.mean(found):.3f}, least {min(found):.3f}, n {len(found)}")


if __name__ == "__main__":
    main()
