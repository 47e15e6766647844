"""The same amount for people: as visible as JPEG of what quality."""

from collections.abc import Iterable

import torch

from sublimen.imaging.jpeg import jpeg
from sublimen.imaging.levels import from_bytes, to_bytes
from sublimen.types import Images
from sublimen.visibility.base import Meter
from sublimen.visibility.calibration import calibration


@torch.no_grad()
def jpeg_quality(seen: Images, jnd: float, meters: Iterable[Meter]) -> int:
    """The lowest quality of a 4:2:0 JPEG of a window that is no more visible than `jnd`.

    Args:
        seen: The original in the window, as one image.
        jnd: The reading to be matched, above 0.
        meters: The optimised meters, of which the worst counts.

    Returns:
        Pillow's quality from 1 to 100; 100 also if even that is more visible.
    """
    levels = to_bytes(seen)
    reference = from_bytes(levels)
    able = [m for m in meters if m.role == "optimised" and m.minimum_size <= min(levels.shape[:2])]
    scores = [(calibration().curve(m.name), m.against(reference)) for m in able]
    too_visible, enough = 0, 100
    while enough - too_visible > 1:
        quality = (too_visible + enough) // 2
        changed = from_bytes(jpeg(levels, quality))
        reading = max(curve.jnd(score(changed)).item() for curve, score in scores)
        if reading > jnd:
            too_visible = quality
        else:
            enough = quality
    return enough
