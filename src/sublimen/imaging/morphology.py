"""Dilation of masks."""

from torch.nn.functional import pad

from sublimen.types import Mask


def dilate_square(mask: Mask, side: int) -> Mask:
    """True wherever the mask is true within a square of `side` x `side` pixels, `side` odd.

    MATLAB's strel('disk', 3) is such a square of 5 x 5 and strel('disk', 6, 6) of 11 x 11.
    """
    wide = pad(mask, (side // 2,) * 4)
    for axis in (2, 3):
        length = mask.shape[axis]
        shifted = [wide.narrow(axis, start, length) for start in range(side)]
        wide = shifted[0].clone()
        for other in shifted[1:]:
            wide |= other
    return wide


def dilate_disk(mask: Mask) -> Mask:
    """True wherever the mask is true at most two pixels away, rows and columns added up.

    This is MATLAB's strel('disk', 2), a diamond of 13 pixels.
    """
    height, width = mask.shape[2:]
    wide = pad(mask, (2,) * 4)
    result = mask.clone()
    for down in range(5):
        for across in range(5):
            if 0 < abs(down - 2) + abs(across - 2) <= 2:
                result |= wide[:, :, down : down + height, across : across + width]
    return result
