"""Random signs, the noise that maps of visibility are tried with."""

import torch

from sublimen.types import Images


def random_signs(like: Images, generator: torch.Generator, *, shared: bool = True) -> Images:
    """+1 or -1 for each sample, equally likely.

    Args:
        like: Images whose shape, dtype and device the signs have.
        generator: On the processor, so that every device gets the same signs.
        shared: One sign for all channels of a pixel.

    Example:
        >>> signs = random_signs(torch.zeros(1, 3, 4, 4), torch.Generator().manual_seed(0))
        >>> signs.abs().min().item(), bool((signs[:, 0] == signs[:, 2]).all())
        (1.0, True)
    """
    batch, channels, height, width = like.shape
    drawn = (batch, 1 if shared else channels, height, width)
    signs = torch.randint(0, 2, drawn, generator=generator) * 2 - 1
    return signs.to(like).expand(like.shape)
