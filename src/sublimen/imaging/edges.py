"""Canny's edge detector as MATLAB's edge() computes it."""

import math
from typing import Final

import numpy as np
import torch
from scipy.ndimage import label
from torch import Tensor
from torch.nn.functional import pad

from sublimen.imaging.filters import even, gaussian, odd
from sublimen.types import Mask, Plane

SIGMA: Final = math.sqrt(2)
"""Standard deviation of the smoothing in pixels."""

REACH: Final = 6
"""Half length of the filters in pixels."""

LOW: Final = 0.4
"""The lower threshold as a share of the higher one."""

STRIP: Final = 128
"""Rows that are filtered at a time."""


def canny(planes: Plane, high: float | Tensor) -> Mask:
    """Edges of each plane.

    The plane is smoothed by a Gaussian along one axis and differentiated along the other, rims
    repeated outwards; ridges of the slope (maxima along its direction, by linear interpolation)
    above the lower threshold are kept where they hang together with one above the higher, over
    the sides of pixels. The outermost pixels are never edges.

    Args:
        planes: Any scale; thresholds are relative to the largest slope of each plane.
        high: Higher threshold as a share of the largest slope, one for all planes or one each.

    References:
        Canny, "A computational approach to edge detection", IEEE TPAMI 1986, as in MATLAB's
        edge(I, 'canny', high) with its default sigma of sqrt(2). MATLAB lets edges hang together
        over corners as well; the published outputs of the JND models do not, see ADR 5.
    """
    thresholds = torch.as_tensor(high, dtype=torch.float64).flatten().expand(len(planes))
    pairs = zip(planes.chunk(len(planes)), thresholds.tolist(), strict=True)
    return torch.cat([_edges(plane, share) for plane, share in pairs])


def _edges(plane: Plane, high: float) -> Mask:
    extended = pad(plane, (REACH,) * 4, mode="replicate")
    largest, found = 0.0, []
    for start in range(0, max(plane.shape[2] - 2, 1), STRIP):
        slopes = _slopes(extended[:, :, start : start + STRIP + 2 + 2 * REACH])
        magnitude = torch.hypot(*slopes)
        largest = max(largest, magnitude.max().item())
        # The largest slope so far is no larger than that of the whole: no ridge is lost.
        places, sizes = _ridges(*slopes, magnitude, least=LOW * high * largest)
        found.append((places + start * plane.shape[3], sizes))
    places, sizes = (torch.cat(parts) for parts in zip(*found, strict=True))
    return _hysteresis(
        _mask(plane, places[sizes > LOW * high * largest]),
        _mask(plane, places[sizes > high * largest]),
    )


def _mask(plane: Plane, places: Tensor) -> Mask:
    mask = torch.zeros(plane.shape, dtype=torch.bool, device=plane.device)
    mask.view(-1)[places] = True
    return mask


def _slopes(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Derivatives along the rows and along the columns.

    The derivative is that of the Gaussian by differences; each of its lobes sums to one.
    """
    smoothing = gaussian(2 * REACH + 1, SIGMA)
    changes = torch.gradient(torch.tensor(smoothing, dtype=torch.float64))[0][1:]
    slope = (changes / changes.sum()).tolist()
    return odd(even(rows, 2, smoothing), 3, slope), odd(even(rows, 3, smoothing), 2, slope)


def _ridges(
    across: Tensor, down: Tensor, magnitude: Tensor, *, least: float
) -> tuple[Tensor, Tensor]:
    """Where the slope is above `least` and a maximum along its direction, and how large it is.

    Places count row by row; the outermost pixels are left out.
    """
    width = magnitude.shape[3]
    above = magnitude > least
    above[:, :, [0, -1]] = False
    above[..., [0, -1]] = False
    places = above.flatten().nonzero().squeeze(1)
    x, y, sizes = (values.flatten()[places] for values in (across, down, magnitude))
    flat = y.abs() <= x.abs()
    # Ahead lies the nearer of the two pixels that the slope points between, beside it the other.
    ahead = torch.where(flat, 1, width)
    beside = torch.where(x * y > 0, width + 1, torch.where(flat, 1 - width, width - 1))
    share = torch.minimum(x.abs(), y.abs()) / torch.maximum(x.abs(), y.abs())
    all_sizes = magnitude.flatten()
    ridge = torch.ones_like(flat)
    for sign in (1, -1):
        near, other = all_sizes[places + sign * ahead], all_sizes[places + sign * beside]
        ridge &= sizes >= near + share * (other - near)
    return places[ridge], sizes[ridge]


def _hysteresis(weak: Mask, strong: Mask) -> Mask:
    """The parts of `weak`, connected over sides, that hold a pixel of `strong`."""
    parts, number = label(weak[0, 0].cpu().numpy())
    kept = np.zeros(number + 1, dtype=bool)
    kept[parts[strong[0, 0].cpu().numpy()]] = True
    kept[0] = False
    return torch.from_numpy(kept[parts])[None, None].to(weak.device)
