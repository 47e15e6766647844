"""Pictures of the map of every JND model, for the documentation.

    python benchmarks/jnd_maps.py

Each shows a photo of public domain that scikit-image ships and the map beside it; the scale's end
is the 99 % point of the map. Models that are computed on large pictures see the whole photo.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from skimage import data

from sublimen.bench.jnd_rows import models
from sublimen.imaging.colourmaps import coloured
from sublimen.imaging.levels import from_bytes

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images" / "jnd"
SIDE = 384
BAR = 26


def main() -> None:
    """Draw and say what was drawn."""
    levels = data.astronaut()[:SIDE, 64 : 64 + SIDE]
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, model in models().items():
        jnd = model(from_bytes(levels))[0].mean(dim=0).numpy() * 255
        most = float(np.quantile(jnd, 0.99))
        panel = Image.new("RGB", (2 * SIDE, SIDE + BAR), "white")
        panel.paste(Image.fromarray(levels), (0, 0))
        panel.paste(Image.fromarray(coloured(jnd, most)), (SIDE, 0))
        steps = np.linspace(0, most, SIDE - 160)[None].repeat(10, axis=0)
        panel.paste(Image.fromarray(coloured(steps, most)), (SIDE + 40, SIDE + 8))
        text, font = ImageDraw.Draw(panel), ImageFont.load_default(13)
        text.text((8, SIDE + 5), name, "black", font)
        text.text((SIDE + 26, SIDE + 5), "0", "black", font)
        text.text((2 * SIDE - 114, SIDE + 5), f"{most:.1f} levels", "black", font)
        path = FOLDER / f"{name.replace(' ', '-')}.png"
        panel.quantize(128).save(path, optimize=True)
        print(f"{path.name}: mean {jnd.mean():.2f}, 99 % below {most:.2f} levels")


if __name__ == "__main__":
    main()
