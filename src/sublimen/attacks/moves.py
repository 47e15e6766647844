"""Moves by whole levels: the longest way along a slope that a weighted length allows."""

from dataclasses import dataclass
from typing import Final, final

import torch

from sublimen.attacks.lengths import lengths, times
from sublimen.types import LEVELS, Images, PerImage

HALVINGS: Final = 20
"""Halvings of the logarithm of a scale: to a hundred-thousandth, less than one move in most."""

RANGE: Final = 1e4
"""Largest scale over the one at which the first sample moves."""


@final
@dataclass(frozen=True, eq=False)
class Moves:
    """Changes of some originals by whole levels.

    Args:
        images: The originals.
        weights: What the square of a move by one level costs, above 0; the mean of an image is 1.
    """

    images: Images
    weights: Images

    @staticmethod
    def of(images: Images, weights: Images) -> "Moves":
        """Moves whose costs are known up to a scale for each image."""
        return Moves(images, times(weights, 1 / weights.flatten(1).mean(dim=1)))

    def length(self, candidates: Images) -> PerImage:
        """sqrt(sum w m^2), m the moves in levels."""
        moves = (candidates * LEVELS).round() - (self.images * LEVELS).round()
        return (self.weights * moves.square()).flatten(1).sum(dim=1).sqrt()

    def unit(self, slopes: Images) -> tuple[Images, PerImage]:
        """Slopes over how much they fall along the best change of length 1, and that fall.

        The best change of length 1 goes along s / w; per level the loss falls by
        sqrt(sum s^2 / w) / 255. Zero stays zero.
        """
        largest = slopes.abs().flatten(1).amax(dim=1)
        scaled = times(slopes, 1 / torch.where(largest > 0, largest, 1))
        fall = (scaled.square() / self.weights).flatten(1).sum(dim=1).sqrt()
        return times(scaled, 1 / torch.where(fall > 0, fall, 1)), fall * largest / LEVELS

    def along(self, slopes: Images, length: PerImage) -> Images:
        """Down the slopes as far as the length allows, one sample by one level at least."""
        ratio, roots = slopes.abs() / self.weights, self.weights.sqrt()
        base = (self.images * LEVELS).round()
        room = torch.where(slopes > 0, base, LEVELS - base)
        first = 1 / ratio.flatten(1).amax(dim=1).clamp(min=torch.finfo(ratio.dtype).tiny)
        low, high = first, first * RANGE
        levels = torch.empty_like(ratio)
        for _ in range(HALVINGS):
            middle = (low * high).sqrt()
            fits = lengths(_levels(ratio, middle, room, levels).mul_(roots)) <= length
            low, high = torch.where(fits, middle, low), torch.where(fits, high, middle)
        return (base - slopes.sign() * _levels(ratio, low, room, levels)) / LEVELS


def _levels(ratio: Images, scale: PerImage, room: Images, out: Images) -> Images:
    """floor((c |v| / w + 1) / 2) for each sample, as far as it has room, in given memory."""
    torch.mul(ratio, (scale / 2).view(-1, 1, 1, 1), out=out).add_(0.5).floor_()
    return torch.minimum(out, room, out=out)
