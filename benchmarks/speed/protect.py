"""`sublimen protect` on a photo of 12 megapixels: time and peak memory of the whole process.

    python benchmarks/speed/protect.py

The photo is made from pictures of scikit-image: the portrait, enlarged, on noise.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

from sublimen.photo.versions import versions

SEED = 0


def large_photo(path: Path) -> None:
    """4000 x 3000 pixels with one face of about 450 pixels, JPEG at quality 90."""
    photo = Image.fromarray(data.coffee()).resize((4000, 3000), Image.Resampling.BICUBIC)
    portrait = Image.fromarray(data.astronaut()[0:320, 64:384])
    photo.paste(portrait.resize((1600, 1600), Image.Resampling.BICUBIC), (1200, 700))
    noise = np.random.default_rng(SEED).integers(-6, 7, (3000, 4000, 3))
    levels = np.clip(np.asarray(photo).astype(int) + noise, 0, 255).astype(np.uint8)
    Image.fromarray(levels).save(path, quality=90, subsampling=2)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "large.jpg"
        large_photo(photo)
        command = [sys.executable, "-m", "sublimen", "protect", str(photo)]
        start = time.perf_counter()
        ended = subprocess.run(command, check=False, capture_output=True, text=True)
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(versions())
    print(ended.stderr)
    print(f"exit {ended.returncode}, {seconds:.1f} s, peak memory {peak:.2f} GB")

    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "sublimen", "--help"], check=True, capture_output=True)
    print(f"sublimen --help: {time.perf_counter() - start:.2f} s")


if __name__ == "__main__":
    main()
