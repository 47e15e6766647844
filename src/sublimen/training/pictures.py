"""Pictures to learn from, and patches of them."""

import zlib
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Final, final

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from sublimen.errors import PhotoError
from sublimen.imaging.levels import from_bytes
from sublimen.photo.file import open_photo
from sublimen.types import Images

ENDINGS: Final = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff"}

REDUCTION: Final = (0.6, 1.0)
"""Patches are reduced by a factor from this range before they are learned from."""


@final
class Pictures:
    """Colour pictures in memory, from which patches are drawn.

    Args:
        names: Of the files, in order.
        pictures: Their levels.
    """

    def __init__(self, names: Sequence[str], pictures: Sequence[np.ndarray]) -> None:
        self.names, self.pictures = tuple(names), tuple(pictures)

    @property
    def digests(self) -> dict[str, int]:
        """Checksums of the pictures by name."""
        sums = (zlib.crc32(picture.tobytes()) for picture in self.pictures)
        return dict(zip(self.names, sums, strict=True))

    @classmethod
    def of(cls, folders: Sequence[Path], leave_out: Sequence[str], side: int) -> "Pictures":
        """Every colour picture of some folders that is large enough.

        Args:
            folders: Where the files lie.
            leave_out: Patterns of file names, without their ending, that are not learned from.
            side: Of the largest patch, in pixels.

        Raises:
            PhotoError: If a folder is missing or nothing is left, or a file is no picture.
        """
        names, pictures = [], []
        for folder in folders:
            if not folder.is_dir():
                raise PhotoError(f"{folder} must be a folder of pictures, got no folder")
            for path in sorted(folder.iterdir()):
                left_out = any(fnmatch(path.stem, pattern) for pattern in leave_out)
                if path.suffix.lower() not in ENDINGS or left_out:
                    continue
                levels = open_photo(path).levels
                if levels.shape[2] == 3 and min(levels.shape[:2]) >= side / REDUCTION[0]:
                    names.append(path.name)
                    pictures.append(levels)
        if not pictures:
            raise PhotoError(
                f"{', '.join(map(str, folders))} must hold colour pictures of at least "
                f"{side / REDUCTION[0]:.0f} pixels a side to learn from, got none"
            )
        return cls(names, pictures)

    def patches(self, count: int, side: int, generator: torch.Generator) -> Images:
        """Patches from places, of sizes and in directions drawn at random, side x side pixels."""
        return torch.cat([self._patch(side, generator) for _ in range(count)])

    def _patch(self, side: int, generator: torch.Generator) -> Images:
        which, across, down, size, mirror = torch.rand(5, generator=generator).tolist()
        picture = self.pictures[int(which * len(self.pictures))]
        wide = round(side / (REDUCTION[0] + size * (REDUCTION[1] - REDUCTION[0])))
        y, x = (
            int(share * (length - wide + 1))
            for share, length in zip((down, across), picture.shape[:2], strict=True)
        )
        patch: Tensor = from_bytes(picture[y : y + wide, x : x + wide])
        if mirror < 0.5:
            patch = patch.flip(3)
        return interpolate(patch, (side, side), mode="bilinear", antialias=True).clamp(0, 1)
