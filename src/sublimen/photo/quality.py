"""How a saved photo differs from the original, in the few numbers that everybody reads."""

import numpy as np

from sublimen.photo.classical import beyond, errors, structural_similarity
from sublimen.photo.result import Quality
from sublimen.types import LevelMap, PhotoLevels


def compare(original: PhotoLevels, saved: PhotoLevels, jnd: LevelMap, limit: float) -> Quality:
    """Differences of two photos of the same size.

    Args:
        original: The photo as it was.
        saved: The protected photo as read back from its file.
        jnd: Visibility thresholds of the original in 8-bit levels.
        limit: How many times the map a sample was allowed to move.
    """
    differences = errors(original, saved)
    return Quality(
        psnr=differences["psnr"],
        ssim=structural_similarity(original, saved),
        largest_change=int(differences["linf"] or 0),
        beyond_jnd=beyond(original, saved, jnd, limit)["beyond_share"] or 0.0,
        identical=np.array_equal(original, saved),
    )
