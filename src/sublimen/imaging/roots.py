"""Powers with a finite slope at zero, so that a metric has a gradient where nothing differs."""

import torch
from torch import Tensor


def power(values: Tensor, exponent: float, *, knee: float) -> Tensor:
    """x^p from `knee` on, and the straight line from zero to there below it.

        f(x) = x^p  for x >= k,   x k^(p - 1)  else

    Args:
        values: At least 0.
        exponent: p, above 0 and below 1.
        knee: k, small and above 0; the slope is at most max(1, p) k^(p - 1).

    Example:
        >>> power(torch.tensor([0.0, 0.25]), 0.5, knee=1e-6).tolist()
        [0.0, 0.5]
    """
    curved = values.clamp(min=knee) ** exponent
    return torch.where(values < knee, values * knee ** (exponent - 1), curved)
