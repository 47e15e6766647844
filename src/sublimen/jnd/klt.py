"""KLT-JND, Jiang et al. 2022: what the best few patterns of a picture leave of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, final

import torch
from torch import Tensor
from typing_extensions import override

from sublimen.imaging.edges import canny
from sublimen.imaging.filters import completed
from sublimen.jnd.base import JndModel, Whole
from sublimen.jnd.wu_2017 import edge_threshold, protection_of
from sublimen.types import LEVELS, Images, Mask, Plane

SIDE: Final = 8
"""Side of a patch in pixels."""

SHAPE: Final = 894.16
"""Shape of the Weibull density that was fitted to where observers saw a difference first."""

SCALE: Final = 0.99805
"""Its scale, a share of energy."""

ENOUGH: Final = SIDE**2
"""Patches from which a basis can be had; with fewer side by side they are taken everywhere."""

VARIES: Final = 1e-12
"""Share of the mean energy of a patch from which on a pattern is said to vary."""

STRIP: Final = 128
"""Rows of patches that are summed at a time."""


@final
@dataclass(frozen=True, kw_only=True)
class Klt(JndModel):
    """What is left of a picture once its patches are put together from their main patterns.

        JND = EP |I - K_L K_L' I|                                     over patches of 8 x 8
        L   = ceil(sum i w_i / sum w_i),    w_i = Weibull(P_i; 894.16, 0.99805),    i = 1..64
        P_i = sum of the energies of the first i coefficients / sum of all
        EP  = 1 off edges, 0 on edges, smoothed

    in 8-bit levels of luma, where K are the eigenvectors of the covariance of the patches, largest
    eigenvalue first, K_L the first L of them, and coefficients are those of patches whose mean is
    not taken away. EP is that of the program of Wu et al. 2017. Nothing is hidden in a flat field.

    K and L belong to a picture as a whole; they are counted as constant. Patches lie side by side
    from the upper left corner; what remains on the right and below is completed by mirroring,
    for the map but not for K. Instead of edges, which are true or false, EP itself may be given
    as numbers.

    Args:
        padding: What lies beyond the rim when EP is smoothed: its mirror image, or zeros as in the
            authors' MATLAB.

    References:
        Jiang, Liu, Wang, Shao, Lin, "Toward top-down just noticeable difference estimation of
        natural images", IEEE TIP 31, 2022, with the edge protection of the released program. Ours
        are the completed patches, overlapping patches for pictures with fewer than 64, and what
        happens to patterns that do not vary: the mean patch takes their place, the rest is not in
        the map.
    """

    name: ClassVar[str] = "klt"
    halo: ClassVar[int] = 4
    grid: ClassVar[int] = SIDE

    @override
    @torch.no_grad()
    def edges(self, images: Images) -> Mask:
        levels = self.luma_levels(images)
        return canny(levels, edge_threshold(levels))

    @override
    @torch.no_grad()
    def statistics(self, images: Images) -> Tensor:
        """What takes the first L patterns out of a patch, one matrix of 64 x 64 for each image."""
        return torch.stack([residual(plane) for plane in self.luma_levels(images)])

    @override
    def threshold(self, images: Images, whole: Whole) -> Plane:
        edges = self.edges(images) if whole.edges is None else whole.edges
        found = self.statistics(images) if whole.statistics is None else whole.statistics
        levels = self.luma_levels(images)
        pairs = zip(levels.unbind(), found.to(levels).unbind(), strict=True)
        rest = torch.stack([applied(matrix, plane) for plane, matrix in pairs])
        return rest.abs() * protection_of(edges, self.padding, levels) / LEVELS


def residual(plane: Tensor) -> Tensor:
    """The matrix that takes the first L patterns of a plane out of a patch."""
    patterns, energies = patterns_of(*moments(plane))
    rest = patterns[:, critical_point(energies) :]
    return rest @ rest.T


def moments(plane: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and mean product of the pixels of patches, in levels; in double precision."""
    height, width = plane.shape[-2:]
    enough = (height // SIDE) * (width // SIDE) >= ENOUGH
    count, total = 0, plane.new_zeros(SIDE**2, dtype=torch.float64)
    products = plane.new_zeros(SIDE**2, SIDE**2, dtype=torch.float64)
    for patches in _columns(plane[0], SIDE if enough else 1):
        count += patches.shape[1]
        total += patches.sum(dim=1)
        products += patches @ patches.T
    return total / count, products / count


def _columns(plane: Tensor, step: int) -> Iterator[Tensor]:
    """Patches `step` pixels apart as columns, strip by strip."""
    patches = plane.unfold(0, SIDE, step).unfold(1, SIDE, step)
    for start in range(0, len(patches), STRIP):
        strip = patches[start : start + STRIP]
        yield strip.permute(2, 3, 0, 1).reshape(SIDE**2, -1).double()


def patterns_of(mean: Tensor, products: Tensor) -> tuple[Tensor, Tensor]:
    """K, one pattern a column, and the mean energies of their coefficients.

    Eigenvectors of the eigenvalue zero are not unique: the mean patch, as far as the others do
    not hold it, comes first, and no other is needed to put the patches together.
    """
    eigenvalues, vectors = torch.linalg.eigh(products - torch.outer(mean, mean))
    varies = eigenvalues > VARIES * products.trace()
    patterns = (vectors * varies).flip(1)
    left = mean - patterns @ (patterns.T @ mean)
    if not varies.all():
        patterns[:, varies.sum()] = left / left.norm().clamp(min=1e-100)
    return patterns, (patterns * (products @ patterns)).sum(dim=0)


def critical_point(energies: Tensor) -> int:
    """L: how many patterns are kept, from the energies of all in their order."""
    # A black picture, which has none, is left as it is.
    shares = energies.clamp(min=1e-100).cumsum(dim=0)
    share = shares / shares[-1] / SCALE
    # The density but for a factor that all have in common.
    weights = share ** (SHAPE - 1) * (-(share**SHAPE)).exp()
    ranks = torch.arange(1, len(weights) + 1).to(weights)
    return int(((ranks * weights).sum() / weights.sum()).ceil())


def applied(matrix: Tensor, plane: Tensor) -> Tensor:
    """A plane each of whose patches is multiplied by a matrix.

    Each row of patches is a product of its own, the same for a part of a picture as for the whole.
    """
    height, width = plane.shape[-2:]
    whole = completed(plane, SIDE, "reflect")
    rows, columns = whole.shape[1] // SIDE, whole.shape[2] // SIDE
    patches = whole.reshape(rows, SIDE, columns, SIDE).permute(0, 1, 3, 2)
    products = matrix.expand(rows, -1, -1) @ patches.reshape(rows, SIDE**2, columns)
    result = products.view(rows, SIDE, SIDE, columns).permute(0, 1, 3, 2)
    return result.reshape(whole.shape)[:, :height, :width]
