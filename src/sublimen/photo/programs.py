"""Whole-image scores of two photos by the programs that meters are made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, final

import torch

from sublimen.errors import ImageError, MissingExtraError
from sublimen.imaging.levels import from_bytes
from sublimen.metrics import flip, iw_ssim, ssimulacra2
from sublimen.metrics.learned import dists, lpips
from sublimen.types import Images, PerImage, PhotoLevels
from sublimen.visibility import Cvvdp
from sublimen.visibility.butteraugli import butteraugli
from sublimen.visibility.displays import Display

LARGE: Final = 4_000_000
"""Pixels above which these programs are run only when asked for."""

TOO_LARGE: Final = f"not available: the photo has more than {LARGE // 10**6} megapixels; add --full"


@final
@dataclass(frozen=True)
class Scores:
    """What the programs say.

    Args:
        values: By the program's name; `None` where it said nothing.
        unavailable: Why, by the program's name.
    """

    values: Mapping[str, float | None]
    unavailable: Mapping[str, str]


@torch.no_grad()
def programs(original: PhotoLevels, saved: PhotoLevels, display: Display, *, full: bool) -> Scores:
    """The plain score of every program over the whole photo.

    Args:
        original: Levels of the original.
        saved: Levels of the changed photo.
        display: What it is looked at on.
        full: Whether large photos are measured, too.
    """
    names = (*_metrics(display), "butteraugli_3norm", "butteraugli_max")
    if original.shape[0] * original.shape[1] > LARGE and not full:
        return Scores(dict.fromkeys(names), dict.fromkeys(names, TOO_LARGE))
    pair = from_bytes(original), from_bytes(saved)
    values: dict[str, float | None] = dict.fromkeys(names)
    unavailable = {}
    for name, metric in _metrics(display).items():
        try:
            values[name] = metric(*pair).item()
        except (MissingExtraError, ImageError) as error:
            unavailable[name] = f"not available: {error}"
    try:
        largest, norm = butteraugli(*pair)
    except MissingExtraError as error:
        unavailable |= dict.fromkeys(
            ("butteraugli_3norm", "butteraugli_max"), f"not available: {error}"
        )
    else:
        values |= {"butteraugli_3norm": norm, "butteraugli_max": largest}
    return Scores(values, unavailable)


def _metrics(display: Display) -> dict[str, Callable[[Images, Images], PerImage]]:
    ppd = display.rounded
    return {
        "ssimulacra2": ssimulacra2,
        "flip": lambda one, other: flip(one, other, pixels_per_degree=ppd),
        "cvvdp": Cvvdp(display=display),
        "iw_ssim": iw_ssim,
        "lpips": lpips,
        "dists": dists,
    }
