"""What a person may choose about protecting a photo. Importing this module loads nothing heavy."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, final

from sublimen.photo.effort import Effort
from sublimen.settings import at_least, positive

SUBLIMEN: Final = "sublimen"
"""Name of the attack whose constraint is the visibility itself."""

ALLOWED: Final = 1.0
"""JND that it may use if nothing else is said."""


@final
@dataclass(frozen=True, kw_only=True)
class SearchOptions:
    """How the change is searched.

    Args:
        jnd: JND model whose map limits each sample.
        map_limit: How many times the map a sample may move, above 0.
        visibility: Most just noticeable differences that the worst optimised meter may read in
            the saved file, above 0. If it is not given: 1 for sublimen, which uses all of it; no
            limit for other attacks.
        using: Attack that searches.
        effort: How long sublimen searches on each face: quick, normal, thorough, or seconds.
        margin: Distance beyond the threshold of each surrogate that is aimed at, at least 0.
        seed: Seed of every random choice.
        gallery: Folder with other photos of the person: what they have in common is what the
            change leads away from, and the result is compared with each of them.
        apart: Folder with photos of the person that are protected already, such as the output
            folder: the change leads away from each of them too, and from the results of this run,
            so that they do not match each other. It need not be there yet.
        towards: Folder with photos of somebody else whom the person is to be taken for.
    """

    jnd: str = "wu-2017"
    map_limit: float = 1.0
    visibility: float | None = None
    using: str = SUBLIMEN
    effort: str = "normal"
    margin: float = 0.1
    seed: int = 0
    gallery: Path | None = None
    apart: Path | None = None
    towards: Path | None = None

    def __post_init__(self) -> None:
        positive(map_limit=self.map_limit)
        if self.visibility is not None:
            positive(visibility=self.visibility)
        at_least(0, margin=self.margin)
        Effort.of(self.effort)

    @property
    def allowed(self) -> float | None:
        """Most JND that the saved file may read; `None` without a limit."""
        if self.visibility is None and self.using == SUBLIMEN:
            return ALLOWED
        return self.visibility


@final
@dataclass(frozen=True, kw_only=True)
class PanelOptions:
    """Which recognisers take part, and in which role.

    Args:
        surrogate: Recogniser that the change is made against, may be repeated; without any name
            all that are installed but a third, which judges.
        judge: Recogniser that takes no part in the search and is asked about the saved file, may
            be repeated.
    """

    surrogate: tuple[str, ...] = ()
    judge: tuple[str, ...] = ()


@final
@dataclass(frozen=True, kw_only=True)
class ViewOptions:
    """Who looks at a change, and how.

    Args:
        viewing: The viewing that counts: face, fit, desk or blue, or the worse of face and fit
            (without a face the worse of fit and desk). The others always stand beside it.
        display: The screen: standard_fhd, standard_4k or standard_phone.
        meters: Meter that reads, may be repeated; all that can be had if none is given.
    """

    viewing: str = "worse"
    display: str = "standard_fhd"
    meters: tuple[str, ...] = ()


@final
@dataclass(frozen=True, kw_only=True)
class MapOptions:
    """The JND map that a change is held against.

    Args:
        jnd: JND model of the map, computed on the original.
        map_limit: How many times the map a sample may differ before it counts as beyond.
    """

    jnd: str = "wu-2017"
    map_limit: float = 1.0

    def __post_init__(self) -> None:
        positive(map_limit=self.map_limit)


@final
@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """A JND model and its settings.

    Args:
        model: JND model, see sublimen models.
        padding: What lies beyond the rim: the mirrored photo, or zeros as in the authors' MATLAB;
            what is usual for the model if not given.
        variant: Form of the model, such as code or paper; its usual one if not given.
        edges: What the model has found over the whole photo (.npy, height x width): true on edges,
            or how far edges are protected, instead of the model's own detection.
        weights: File with the weights of a learned model; those of the package if not given.
        coefficients: Thresholds of DCT coefficients in place of pixels (zhang-dct).
    """

    model: str = "hvs-sd"
    padding: Literal["reflect", "zeros"] | None = None
    variant: str | None = None
    edges: Path | None = None
    weights: Path | None = None
    coefficients: bool = False


@final
@dataclass(frozen=True, kw_only=True)
class SaveOptions:
    """What becomes of the file.

    Args:
        force: Overwrite a file that is there; the original is never overwritten.
        keep_metadata: Keep everything that the original says of itself but thumbnails and place.
        keep_location: Keep the place where the photo was taken.
        only_protected: Write nothing unless every face is protected.
    """

    force: bool = False
    keep_metadata: bool = False
    keep_location: bool = False
    only_protected: bool = False
