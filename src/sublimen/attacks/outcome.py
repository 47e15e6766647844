"""What an attack came to: the published images, what they cost and how far they moved."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from io import BytesIO
from pathlib import Path
from typing import final

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from sublimen.attacks.lengths import lengths
from sublimen.catalogue import look_up
from sublimen.errors import OutputError, SettingError
from sublimen.imaging.levels import to_bytes, to_levels
from sublimen.imaging.picture import levels_of, png
from sublimen.metrics import METRICS
from sublimen.types import LEVELS, Count, Images, PerImage, PhotoLevels, Reached, Rows
from sublimen.whole_file import write_atomically


@final
@dataclass(frozen=True, eq=False)
class Outcome:
    """What an attack came to, one entry per image.

    Args:
        images: What would be published, on the 8-bit lattice. Where the goal was not reached:
            the candidate with the lowest loss that was looked at, the last of equals; the
            original where the model answered with NaN or infinity, or had no slope at all.
        reached: Whether the published image is at the goal.
        gradients: Forward and backward passes.
        forwards: Forward passes alone.
        iterations: Rounds until the end.
        trace: Loss at the start of each round, rounds x batch; NaN once an image has left.
        originals: What the attack started from.
    """

    images: Images
    reached: Reached
    gradients: Count
    forwards: Count
    iterations: Count
    trace: Tensor
    originals: Images

    @property
    def success(self) -> Reached:
        """The same as `reached`, under the name that other libraries use."""
        return self.reached

    @property
    def at_no_cost(self) -> Reached:
        """Which images were at the goal as they came, so that nothing was done to them."""
        same = (self.images == to_levels(self.originals)).flatten(1).all(dim=1)
        return self.reached & same

    @property
    def uint8(self) -> UInt8[Tensor, "batch channel height width"]:
        """The published images in 8-bit levels: what a lossless file holds."""
        return (self.images * LEVELS).round().to(torch.uint8)

    @property
    def distance(self) -> PerImage:
        """Euclidean length of each change, in the unit of the images."""
        return lengths(self.images - self.originals)

    def metrics(
        self, names: Sequence[str] = ("psnr", "ssim", "ciede2000_mean", "linf")
    ) -> dict[str, PerImage]:
        """Metrics of the published images against the originals, by name.

        Args:
            names: Entries of `sublimen.metrics.METRICS`.

        Raises:
            UnknownNameError: If there is no such metric.
        """
        found = {name: look_up(METRICS, name, kind="metric") for name in names}
        return {name: metric(self.originals, self.images) for name, metric in found.items()}

    def save(self, folder: Path, names: Sequence[str]) -> list[Path]:
        """Write each published image as PNG and read it back.

        Args:
            folder: Where to; made if it is not there.
            names: One file name without its ending for each image, all different.

        Raises:
            SettingError: If there is not one name for each image.
            OutputError: If a file exists, cannot be written or does not read back as it was;
                files that were whole before remain, none is left half-written.
        """
        if len(set(names)) != len(self.images) or len(names) != len(self.images):
            raise SettingError(
                f"names must be one for each image and all different, {len(self.images)}, "
                f"got {len(set(names))} different ones"
            )
        paths = [folder / f"{name}.png" for name in names]
        for path in paths:
            if path.exists():
                raise OutputError(f"{path} must not exist yet; choose another folder or remove it")
        for row, path in enumerate(paths):
            _write(path, to_bytes(self.images[row : row + 1]))
        return paths

    def at(self, rows: Rows) -> "Outcome":
        """The outcome of some images."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        trace = values.pop("trace")[:, rows]
        return Outcome(trace=trace, **{name: value[rows] for name, value in values.items()})


def joined(parts: Sequence[tuple[Tensor, Outcome]]) -> Outcome:
    """One outcome of the parts of a batch, each given with its places in it; sizes may differ."""
    order = torch.argsort(torch.cat([rows for rows, _ in parts]))
    outcomes = [outcome for _, outcome in parts]
    rounds = max(len(outcome.trace) for outcome in outcomes)
    values = {
        f.name: torch.cat([getattr(outcome, f.name) for outcome in outcomes])[order]
        for f in fields(Outcome)
        if f.name != "trace"
    }
    traces = [_longer(outcome.trace, rounds) for outcome in outcomes]
    return Outcome(trace=torch.cat(traces, dim=1)[:, order], **values)


def _write(path: Path, levels: PhotoLevels) -> None:
    """Put a picture in place once it has been read back."""

    def check(written: bytes) -> None:
        with Image.open(BytesIO(written)) as picture:
            faithful = np.array_equal(levels_of(picture), levels)
        if not faithful:
            raise OutputError(f"{path} must read back as it was written, got another picture")

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path} must be writable, got: {error.strerror}") from error
    write_atomically(path, png(levels), force=False, check=check)


def _longer(trace: Tensor, rounds: int) -> Tensor:
    ended = trace.new_full((rounds - len(trace), trace.shape[1]), torch.nan)
    return torch.cat([trace, ended])
