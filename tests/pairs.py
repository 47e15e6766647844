"""Changed pictures that anyone can make again, by the recipe of the reference scores."""

import io

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter


def distorted(levels, pair):
    """The picture changed as `pair` says, in whole levels."""
    signs = np.random.default_rng(0).integers(0, 2, levels.shape) * 2 - 1
    whole = levels.astype(int)
    height, width = levels.shape[:2]
    if pair == "same":
        return levels
    if pair.startswith("jpeg"):
        quality, subsampling = pair[4:].split("_")
        written = io.BytesIO()
        Image.fromarray(levels).save(
            written, "JPEG", quality=int(quality), subsampling={"444": 0, "420": 2}[subsampling]
        )
        return np.asarray(Image.open(written).convert("RGB"))
    if pair.startswith("low"):
        noise = np.random.default_rng(0).standard_normal(levels.shape)
        noise = gaussian_filter(noise, (8, 8, 0))
        change = noise / noise.std(axis=(0, 1)) * float(pair[3:])
    elif pair == "pixel40":
        change = np.zeros_like(whole)
        change[height // 2, width // 2] = 40
    elif pair == "patch64_sign6":
        change = np.zeros_like(whole)
        square = np.s_[height // 2 - 32 : height // 2 + 32, width // 2 - 32 : width // 2 + 32]
        change[square] = 6 * signs[square]
    elif pair[-1] in "RGB":
        change = int(pair[4:-1]) * signs * (np.arange(3) == "RGB".index(pair[-1]))
    else:
        change = int(pair[4:]) * signs
    return np.clip(np.rint(whole + change), 0, 255).astype(np.uint8)
