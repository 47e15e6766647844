"""A Gaussian window made of three cosines, by recursion as libjxl does it and by its response."""

import math
from functools import cache
from typing import Any, Final, TypeAlias

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from sublimen.imaging.separable import correlate

Lines: TypeAlias = Float[np.ndarray, "length lines"]
"""Many rows or columns of pictures side by side, in float64 that holds float32 numbers."""

LANES: Final = 4
"""Samples that the program computes at once along a row."""


@cache
def coefficients(sigma: float) -> tuple[int, Tensor, Tensor]:
    """The half width N of the window, and frequency and weight of its cosines.

        N = round(3.2795 sigma + 0.2546),  w_k = k pi / 2 N,  k = 1, 3, 5

    where the weights b_k give sum 1, variance sigma^2 and the Gaussian's own spectrum in the
    direction that these leave free: eqs. (33) to (57) of the reference.

    References:
        Charalampidis, "Recursive implementation of the Gaussian filter using truncated cosine
        functions", IEEE TSP 2016.
    """
    size = round(3.2795 * sigma + 0.2546)
    omega = torch.tensor([1.0, 3.0, 5.0], dtype=torch.float64) * math.pi / (2 * size)
    signs = torch.tensor([1.0, -1.0, 1.0], dtype=torch.float64)
    p = signs / torch.tan(omega / 2)
    r = signs * p.square() / torch.sin(omega)
    rho = torch.exp(-(sigma**2) * omega.square() / 2) / size
    cross = torch.linalg.cross(p, r)
    free = cross / cross[2]
    known = torch.stack([omega.new_tensor(1), omega.new_tensor(size**2 - sigma**2), free @ rho])
    return size, omega, torch.linalg.solve(torch.stack([p, r, free]), known)


@cache
def response(sigma: float) -> tuple[float, ...]:
    """The window itself: h(n) = sum of b_k cos(w_k n) for |n| < N, and 0 beyond."""
    size, omega, b = coefficients(sigma)
    n = torch.arange(1 - size, size, dtype=torch.float64)
    return tuple((b @ torch.cos(omega[:, None] * n)).tolist())


def smooth(images: Tensor, sigma: float) -> Tensor:
    """Mean in the window around each pixel, zeros beyond the rim, without the recursion's noise."""
    return correlate(images, response(sigma), border="zeros")


def recursive(images: Tensor, sigma: float) -> Tensor:
    """The same mean as the program's recursion in 32 bits gives it.

    The recursion's poles lie on the unit circle, so its rounding errors add up along a line, to
    some 1e-6. Where two pictures hardly differ, SSIMULACRA 2 sees that: scores above 90 come out
    up to 0.7 lower than with `smooth`. The gradient is that of `smooth`.
    """
    result: Tensor = _Recursion.apply(images, sigma)
    return result


class _Recursion(torch.autograd.Function):
    """Forward the recursion, backward the response, which is its own adjoint."""

    @staticmethod
    @override
    def forward(ctx: Any, images: Tensor, sigma: float) -> Tensor:
        ctx.sigma = sigma
        batch, channels, height, width = images.shape
        planes = images.detach().cpu().float().double().numpy()
        rows = planes.transpose(3, 0, 1, 2).reshape(width, -1)
        across = _along_a_row(rows, sigma).reshape(width, batch, channels, height)
        columns = across.transpose(3, 1, 2, 0).reshape(height, -1)
        down = _down_a_column(columns, sigma).reshape(height, batch, channels, width)
        return torch.from_numpy(down.transpose(1, 2, 0, 3).copy()).to(images)

    @staticmethod
    @override
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return smooth(gradients[0], ctx.sigma), None


def _rounded(values: np.ndarray) -> np.ndarray:
    """To the nearest 32-bit number. A product and a sum between two of these are one fused step."""
    return values.astype(np.float32).astype(np.float64)


def _steps(sigma: float) -> tuple[int, np.ndarray, np.ndarray]:
    """N, and the weights of the new sample and of the last output: eq. (33)."""
    size, omega, b = coefficients(sigma)
    entering, last = -b * torch.cos(omega * (size + 1)), 2 * torch.cos(omega)
    return size, entering.numpy(), last.numpy()


def _ends(lines: Lines, size: int) -> np.ndarray:
    """Sums of the samples that enter and leave the window, for outputs from 1 - N on."""
    length = len(lines)
    wide = np.zeros((length + 3 * size, lines.shape[1]))
    wide[2 * size : 2 * size + length] = lines
    entering = wide[2 * size :][: length + size - 1]
    leaving = wide[: length + size - 1]
    return _rounded(entering + leaving)


def _down_a_column(lines: Lines, sigma: float) -> Lines:
    """y_n = fused(a s_n + fused(c y_{n-1} - y_{n-2})), one sample after the other."""
    size, a, c = _steps(sigma)
    a, c = _rounded(a)[:, None], _rounded(c)[:, None]
    result = np.empty_like(lines)
    last, next_, product = np.zeros((3, 3, lines.shape[1]))
    narrow = np.empty(last.shape, np.float32)
    for n, entering in enumerate(_ends(lines, size), start=1 - size):
        np.multiply(c, last, out=product)
        np.subtract(product, next_, out=narrow, casting="same_kind")
        np.multiply(a, entering, out=product)
        np.add(product, narrow, out=narrow, casting="same_kind")
        next_[...] = narrow
        last, next_ = next_, last
        if n >= 0:
            result[n] = (narrow[0] + narrow[1]) + narrow[2]
    return result


def _along_a_row(lines: Lines, sigma: float) -> Lines:
    """The recursion expanded over four samples, of which each starts from the two before all."""
    size, a, c = _steps(sigma)
    sums = _ends(lines, size)
    new = np.stack([a, c * a, (c**2 - 1) * a, (c**3 - 2 * c) * a], axis=1)
    last = np.stack([c, c**2 - 1, c**3 - 2 * c, c**4 - 3 * c**2 + 1], axis=1)
    before = np.stack([-np.ones(3), -c, 1 - c**2, 2 * c - c**3], axis=1)
    new, last, before = _rounded(new), _rounded(last)[..., None], _rounded(before)[..., None]
    shifted = np.zeros((LANES, 3, LANES, 1))
    for j in range(LANES):
        shifted[j, :, j:, 0] = new[:, : LANES - j]
    result = np.empty_like(lines)
    y, y_before = np.zeros((2, 3, 1, lines.shape[1]))
    n = 1 - size
    while n < len(lines):
        lanes = LANES if 2 * LANES <= n < len(lines) - size + 1 - (LANES - 1) else 1
        terms = [(shifted[j, :, :lanes], sums[n + size - 1 + j]) for j in range(lanes)]
        terms += [(before[:, :lanes], y_before), (last[:, :lanes], y)]
        out = np.zeros((3, lanes, lines.shape[1]), np.float32)
        for weight, values in terms:
            np.add(weight * values, out, out=out, casting="same_kind")
        if n >= 0:
            result[n : n + lanes] = (out[0] + out[1]) + out[2]
        y_before = out[:, -2:-1].astype(np.float64) if lanes > 1 else y
        y = out[:, -1:].astype(np.float64)
        n += lanes
    return result
