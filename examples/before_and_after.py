"""Makes the picture of the README: the portrait, the protected file, and the change magnified.

python examples/before_and_after.py docs/images/before_and_after.png
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from sublimen.photo.example import write_portrait
from sublimen.photo.file import open_photo
from sublimen.photo.panel import load_panel
from sublimen.photo.protect import Job

GAIN = 8


def main(target: Path) -> None:
    """Protect the portrait and put the three pictures side by side."""
    with tempfile.TemporaryDirectory() as folder:
        portrait = write_portrait(Path(folder))
        saved = Path(folder) / "protected.png"
        protection = Job(source=portrait, target=saved, panel=load_panel()).run().protection
        before, after = (open_photo(path).levels for path in (portrait, saved))
    change = np.clip(128 + GAIN * (after.astype(int) - before), 0, 255).astype(np.uint8)
    Image.fromarray(np.concatenate([before, after, change], axis=1)).save(target)
    print(f"{target}: {protection.status}, PSNR {protection.quality.psnr:.1f} dB, change x {GAIN}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("before_and_after.png"))
