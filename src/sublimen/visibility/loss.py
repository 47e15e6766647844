"""Just noticeable differences with a gradient, for attacks that are held below a limit."""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor

from sublimen.checks import check_images
from sublimen.errors import SettingError
from sublimen.types import Images
from sublimen.visibility.base import Meter
from sublimen.visibility.calibration import calibration


def steering(meters: Iterable[Meter]) -> tuple[Meter, ...]:
    """The meters that an attack may follow: optimised, and with a narrow band."""
    return tuple(
        meter
        for meter in meters
        if meter.role == "optimised" and calibration().curve(meter.name).steers
    )


class Visible:
    """The optimised meters against originals whose halves are computed once."""

    def __init__(self, reference: Images, meters: Iterable[Meter]) -> None:
        """Prepare the originals.

        Args:
            reference: Windows as they are seen, at least as large as every meter needs.
            meters: Who may be followed; a meter that only judges is refused.

        Raises:
            SettingError: If a meter only judges.
            ImageError: If the images break the convention or are too small for a meter.
            MissingExtraError: If a meter's program is not installed.
        """
        chosen = list(meters)
        for meter in chosen:
            if meter.role != "optimised":
                raise SettingError(f"meters must be optimised ones, got {meter.name}")
            check_images(reference, minimum_size=meter.minimum_size, name="reference")
        self.scores = {meter.name: meter.against(reference) for meter in chosen}
        self.curves = [calibration().curve(name) for name in self.scores]

    def jnd(self, distorted: Images) -> Float[Tensor, "meters batch"]:
        """JND of each image by each meter, in the order given."""
        pairs = zip(self.curves, self.scores.values(), strict=True)
        return torch.stack([curve.jnd(score(distorted)) for curve, score in pairs])
