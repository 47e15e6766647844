"""The whole answer: the viewing that counts, the others beside it, and the same for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, final

from sublimen.catalogue import look_up
from sublimen.errors import MissingExtraError, SettingError
from sublimen.imaging.levels import from_bytes
from sublimen.recognisers.face import Box, Face
from sublimen.types import PhotoLevels
from sublimen.visibility.base import Meter
from sublimen.visibility.butteraugli import Butteraugli
from sublimen.visibility.calibration import calibration
from sublimen.visibility.comparison import Comparison
from sublimen.visibility.cvvdp import Cvvdp
from sublimen.visibility.displays import Display, display as display_called
from sublimen.visibility.flip import Flip
from sublimen.visibility.iw_ssim import IwSsim
from sublimen.visibility.jpeg_quality import jpeg_quality
from sublimen.visibility.reading import MeterReading, Reading
from sublimen.visibility.ssimulacra2 import Ssimulacra2
from sublimen.visibility.views import VIEWINGS, Viewing

WORSE: Final = "worse"
"""The viewing that counts if none is chosen: the worse of `face` and `fit`, or without a face the
worse of `fit` and `desk`."""


@final
@dataclass(frozen=True, kw_only=True)
class Visibility:
    """How visible a change is.

    Args:
        jnd: The worst optimised meter in the worst window of the viewing that counts.
        band: The 68 % interval of that meter's calibration around it.
        meter: Name of that meter; `None` if nothing differs.
        window: The part of the photo that was seen there; `None` if nothing differs.
        meters: What every meter says in that viewing.
        viewing: The viewing that counts.
        jpeg_quality: The same window is as visible after 4:2:0 JPEG of this quality; `None` if
            nothing differs.
        jnd_unseen: The worst meter that no attack follows, in all its windows of that viewing;
            `None` if there is none.
        viewings: All viewings, those that do not count among them.
        display: Name of the screen.
        pixels_per_degree: Of the screen.
        calibration: Date of the calibration table.
        unavailable: Meters that did not take part, and why.
    """

    jnd: float
    band: tuple[float, float]
    meter: str | None
    window: Box | None
    meters: Mapping[str, MeterReading]
    viewing: Viewing
    jpeg_quality: int | None
    jnd_unseen: float | None
    viewings: Mapping[Viewing, Reading]
    display: str
    pixels_per_degree: float
    calibration: str
    unavailable: Mapping[str, str]


@final
@dataclass(frozen=True, kw_only=True)
class Observer:
    """Who looks: the screen, the meters, and the viewing that counts.

    Args:
        display: The screen.
        meters: Who reads.
        viewing: The viewing that counts; `None` for the worse of those that matter.
        unavailable: Meters that were not asked for or could not be had, and why.
    """

    display: Display
    meters: tuple[Meter, ...]
    viewing: Viewing | None
    unavailable: Mapping[str, str]

    @classmethod
    def of(
        cls,
        *,
        viewing: str = WORSE,
        names: Sequence[str] = (),
        display: str = "standard_fhd",
    ) -> "Observer":
        """Set up the meters.

        Args:
            viewing: The viewing that counts, or `worse`.
            names: Meters; all that can be had if there are none.
            display: Name of the screen.

        Raises:
            UnknownNameError: If there is no such viewing, meter or screen.
            SettingError: If only meters are named that judge.
            MissingExtraError: If an optimised meter, or one that was named, is not installed.
        """
        screen = display_called(display)
        chosen = look_up({WORSE: None, **{v: v for v in VIEWINGS}}, viewing, kind="viewing")
        every = every_meter(screen)
        wanted = [look_up(every, name, kind="meter") for name in names] or list(every.values())
        counting = [name for name, meter in every.items() if meter.role == "optimised"]
        if not {meter.name for meter in wanted} & set(counting):
            raise SettingError(
                f"meters must name at least one of {', '.join(counting)}, which count, "
                f"got {', '.join(names)}"
            )
        meters: list[Meter] = []
        missing = {name: "not asked for" for name in every if names and name not in names}
        for meter in wanted:
            try:
                meter.check()
            except MissingExtraError as error:
                if names or meter.role == "optimised":
                    raise
                missing[meter.name] = str(error)
            else:
                meters.append(meter)
        return cls(display=screen, meters=tuple(meters), viewing=chosen, unavailable=missing)

    def compare(
        self, reference: PhotoLevels, distorted: PhotoLevels, faces: Sequence[Face] = ()
    ) -> Visibility:
        """Read every viewing.

        Args:
            reference: Levels of the original.
            distorted: Levels of the changed photo.
            faces: The faces of the original.

        Raises:
            ImageError: If the photos cannot be compared.
        """
        comparison = self.side_by_side(reference, distorted, faces)
        readings = {v: comparison.reading(v) for v in VIEWINGS if v != "face" or faces}
        counts = max(self.counting(faces), key=lambda v: readings[v].jnd)
        reading = readings[counts]
        return Visibility(
            jnd=reading.jnd,
            band=reading.band,
            meter=reading.meter,
            window=reading.window,
            meters=reading.meters,
            viewing=counts,
            jpeg_quality=self._jpeg_quality(comparison, reading),
            jnd_unseen=reading.jnd_unseen,
            viewings=readings,
            display=self.display.name,
            pixels_per_degree=self.display.pixels_per_degree,
            calibration=calibration().made,
            unavailable=self.unavailable,
        )

    def limited(
        self, reference: PhotoLevels, distorted: PhotoLevels, faces: Sequence[Face]
    ) -> float:
        """The JND that count, without the readings that only stand beside them."""
        judges = Observer(
            display=self.display,
            meters=tuple(m for m in self.meters if m.role == "optimised"),
            viewing=self.viewing,
            unavailable={},
        )
        comparison = judges.side_by_side(reference, distorted, faces)
        return max(comparison.reading(viewing).jnd for viewing in self.counting(faces))

    def side_by_side(
        self, reference: PhotoLevels, distorted: PhotoLevels, faces: Sequence[Face]
    ) -> Comparison:
        """Two photos before this observer's meters."""
        pictures = from_bytes(reference), from_bytes(distorted)
        return Comparison(*pictures, faces, meters=self.meters, display=self.display)

    def counting(self, faces: Sequence[Face]) -> tuple[Viewing, ...]:
        """The viewings of which the worse counts."""
        if self.viewing is not None and (faces or self.viewing != "face"):
            return (self.viewing,)
        return ("face", "fit") if faces else ("fit", "desk")

    def _jpeg_quality(self, comparison: Comparison, reading: Reading) -> int | None:
        if reading.viewing not in comparison.worst:
            return None
        place = comparison.worst[reading.viewing]
        seen, _ = comparison.seen(place, blue=reading.viewing == "blue")
        return jpeg_quality(seen, reading.jnd, self.meters)


def every_meter(display: Display) -> dict[str, Meter]:
    """Every meter, set up for a screen."""
    meters = (
        Cvvdp(display=display),
        Ssimulacra2(),
        Flip(pixels_per_degree=display.rounded),
        IwSsim(),
        Butteraugli(),
    )
    return {meter.name: meter for meter in meters}
