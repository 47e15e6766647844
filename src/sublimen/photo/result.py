"""What became of a photo: plain values that the command line prints and the report draws."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, final

from sublimen.recognisers.face import Box
from sublimen.visibility.answer import Visibility

Role: TypeAlias = Literal["surrogate", "verifier", "judge"]
Status: TypeAlias = Literal["protected", "partly", "not-protected", "no-face"]


LIMITS: Final = (
    "nothing is promised about recognisers that were not asked, about later ones, or about other "
    "photos of the person that are already online"
)
"""What is said with every result."""


@final
@dataclass(frozen=True, kw_only=True)
class Participant:
    """A recogniser that was asked, and whose it is.

    Args:
        name: The recogniser's name.
        role: `surrogate` gave gradients; `verifier` is the same network by independent code;
            `judge` is a network that gave no gradient.
        threshold: Distance up to which two faces match.
        false_match_rate: Share of pairs of different people that match at that threshold.
        licence: Licence of the weights, in one line.
        origin: Where the weights come from, in one line.
    """

    name: str
    role: Role
    threshold: float
    false_match_rate: float
    licence: str
    origin: str


@final
@dataclass(frozen=True, kw_only=True)
class Nearest:
    """How near one face comes to other photos for one recogniser, before and after.

    Args:
        before: Least distance of the original, saved again without protection.
        after: The same for the saved file.
        matched: Whether the original matched any of them.
        matches: Whether the saved file does.
    """

    before: float
    after: float
    matched: bool
    matches: bool


@final
@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one recogniser says of one face, before and after.

    Args:
        name: The recogniser's name.
        role: As in `Participant`.
        threshold: Distance up to which two faces match.
        false_match_rate: Share of pairs of different people that match at that threshold.
        before: Distance of the original to itself, saved again without protection.
        after: Distance of the original to the saved file.
        matched: Whether the original matched itself before, saved again or uploaded.
        matches: Whether original and saved file still match.
        gallery: The nearest of the other photos of the person; `None` without any. Where the
            original did not match them, no match afterwards says nothing.
        apart: The nearest of the photos of the person that were protected before.
        towards: The nearest photo of the person to be taken for.
    """

    name: str
    role: Role
    threshold: float
    false_match_rate: float
    before: float
    after: float
    matched: bool
    matches: bool
    gallery: Nearest | None = None
    apart: Nearest | None = None
    towards: Nearest | None = None


@final
@dataclass(frozen=True, kw_only=True)
class UploadResult:
    """One face after an upload, in the original and in the saved file.

    Args:
        upload: Name of the upload.
        found_before: Whether the face is detected in the original after the upload.
        found: Whether it is detected in the saved file after the upload, afresh; if not, the
            recognisers are asked at the original's landmarks, and it never counts as hidden.
        hidden: Whether it was found and no recogniser matches it to the original.
        recognisers: What each recogniser says; `before` is the original after the upload.
    """

    upload: str
    found_before: bool
    found: bool
    hidden: bool
    recognisers: tuple[Reading, ...]


@final
@dataclass(frozen=True, kw_only=True)
class FaceResult:
    """One face of the photo.

    Args:
        box: Where the face is in the original.
        handled: Whether an attack was made on it.
        found: Whether the face is still detected in the saved file; if not, the recognisers are
            asked at the original's landmarks, and it never counts as protected.
        protected: Whether it was found and no recogniser matches it to the original any more.
        factor: Largest change in units of the JND map, as planned before the file was encoded.
        region: Part of the photo that the attack was allowed to change.
        recognisers: What each recogniser says.
        survival: What each recogniser says after each upload, in their order; empty if nothing
            was written.
        note: One sentence when something needs saying, else empty.
    """

    box: Box
    handled: bool
    found: bool
    protected: bool
    factor: float
    region: Box
    recognisers: tuple[Reading, ...]
    survival: tuple[UploadResult, ...] = ()
    note: str = ""


@final
@dataclass(frozen=True, kw_only=True)
class Quality:
    """How the saved file differs from the original, both as read back from their files.

    Args:
        psnr: Peak signal-to-noise ratio over all samples in dB; `None` if nothing differs.
        ssim: Structural similarity, mean over the channels, at most 1.
        largest_change: Largest change of a sample in 8-bit levels.
        beyond_jnd: Share of the samples that changed by more than the JND map times the limit.
        identical: Whether nothing differs.
    """

    psnr: float | None
    ssim: float
    largest_change: int
    beyond_jnd: float
    identical: bool


@final
@dataclass(frozen=True, kw_only=True)
class Cost:
    """What it took.

    Args:
        gradients: Forward and backward passes through the surrogates, which count as one.
        forwards: Forward passes alone.
        seconds: Wall-clock time for this photo, without loading the models.
    """

    gradients: int
    forwards: int
    seconds: float


@final
@dataclass(frozen=True, kw_only=True)
class Protection:
    """Everything that was done to one photo and what was measured on the saved file.

    Args:
        input: Path of the original.
        output: Path of the saved file; `None` if nothing was written.
        status: `protected` if every face is, `partly` if some are, else `not-protected`;
            `no-face` if there was none.
        recognisers: Who was asked, and whose they are.
        faces: One entry for each face.
        quality: Differences of the two files; `None` if nothing was written.
        visibility: How visible the change is in the saved file; `None` if nothing was written.
        visibility_limit: Most JND that were allowed; `None` without a limit.
        cost: Passes and time.
        jnd: Name of the JND model.
        map_limit: How many times the JND map a sample was allowed to move.
        attack: Name of the attack.
        seed: Seed of every random choice.
        versions: Versions of the programs that took part, by name.
        uploads: What each upload is, by its name.
        notes: Sentences a person should read.
        limits: What nobody can promise, in one sentence.
    """

    input: str
    output: str | None
    status: Status
    recognisers: tuple[Participant, ...]
    faces: tuple[FaceResult, ...]
    quality: Quality | None
    visibility: Visibility | None
    visibility_limit: float | None
    cost: Cost
    jnd: str
    map_limit: float
    attack: str
    seed: int
    versions: dict[str, str]
    uploads: dict[str, str]
    notes: tuple[str, ...] = ()
    limits: str = LIMITS
