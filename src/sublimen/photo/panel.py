"""The recognisers that are asked about a photo, each in its role."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, final

import numpy as np
import torch
from jaxtyping import Float

from sublimen.catalogue import look_up
from sublimen.errors import SettingError
from sublimen.imaging.levels import from_bytes
from sublimen.photo.region import inside
from sublimen.photo.result import Nearest, Participant, Reading, Role
from sublimen.recognisers.base import Embedder
from sublimen.recognisers.dlib_program import DlibProgram
from sublimen.recognisers.dlib_resnet import DlibResnet
from sublimen.recognisers.face import Face
from sublimen.recognisers.fetching import holdings
from sublimen.recognisers.installed import LOADERS, embedder, installed
from sublimen.types import Embeddings, PhotoLevels

Template: TypeAlias = Float[np.ndarray, " _"]
"""What a recogniser remembers of one face."""


@final
@dataclass(frozen=True, kw_only=True)
class Witness:
    """A recogniser in its role.

    Args:
        name: The recogniser's name.
        role: What part it has in the search.
        threshold: Distance up to which two faces match.
        false_match_rate: Share of pairs of different people that match at that threshold.
        embed: The template of a face in a photo.
        licence: Licence of the weights, in one line.
        origin: Where the weights come from, in one line.
    """

    name: str
    role: Role
    threshold: float
    false_match_rate: float
    embed: Callable[[PhotoLevels, Face], Template]
    licence: str = "unknown"
    origin: str = "unknown"

    @classmethod
    def of(cls, network: Embedder, role: Role) -> "Witness":
        """A network that is asked by cutting its own chips from the photo."""
        return cls(
            name=network.name,
            role=role,
            threshold=network.threshold,
            false_match_rate=network.false_match_rate,
            embed=lambda levels, face: embedding(network, levels, face)[0].numpy(),
            licence=network.licence,
            origin=network.origin,
        )

    @classmethod
    def verifier(cls) -> "Witness":
        """The real dlib, with the weights of `DlibResnet`."""
        return cls(
            name=DlibProgram.name,
            role="verifier",
            threshold=DlibResnet.threshold,
            false_match_rate=DlibResnet.false_match_rate,
            embed=DlibProgram().embed,
            licence=DlibResnet.licence,
            origin=DlibResnet.origin,
        )

    @property
    def participant(self) -> Participant:
        """Who this is, for a result."""
        return Participant(
            name=self.name,
            role=self.role,
            threshold=self.threshold,
            false_match_rate=self.false_match_rate,
            licence=self.licence,
            origin=self.origin,
        )

    def reading(
        self,
        distances: tuple[float, float],
        nearest: Mapping[str, tuple[float | None, float | None]] | None = None,
    ) -> Reading:
        """What this witness says.

        Args:
            distances: To the original, before and after.
            nearest: To the other photos of each kind, before and after; `None` where there is no
                face in them.
        """
        before, after = distances
        return Reading(
            name=self.name,
            role=self.role,
            threshold=self.threshold,
            false_match_rate=self.false_match_rate,
            before=before,
            after=after,
            matched=before <= self.threshold,
            matches=after <= self.threshold,
            **{album: self._nearest(*pair) for album, pair in (nearest or {}).items()},
        )

    def _nearest(self, before: float | None, after: float | None) -> Nearest | None:
        if before is None or after is None:
            return None
        return Nearest(
            before=before,
            after=after,
            matched=before <= self.threshold,
            matches=after <= self.threshold,
        )


@final
@dataclass(frozen=True)
class Panel:
    """Who gives gradients and who is asked.

    Args:
        surrogates: The networks that the attack sees.
        witnesses: Everybody who is asked about the saved file: the surrogates in their order, the
            real dlib where its network is one of them, the judges.
        notes: What a person should know about who is missing.
    """

    surrogates: tuple[Embedder, ...]
    witnesses: tuple[Witness, ...]
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, surrogates: Sequence[Embedder], judges: Sequence[Embedder] = ()) -> "Panel":
        """Networks in their roles.

        Args:
            surrogates: At least one.
            judges: Networks that give no gradient.
        """
        witnesses = [Witness.of(network, "surrogate") for network in surrogates]
        if any(network.name == DlibResnet.name for network in surrogates):
            witnesses.append(Witness.verifier())
        witnesses += [Witness.of(network, "judge") for network in judges]
        return cls(tuple(surrogates), tuple(witnesses), _notes(surrogates, judges))


def load_panel(surrogates: Sequence[str] = (), judges: Sequence[str] = ()) -> Panel:
    """Load recognisers for their roles.

    Without any name: the only one that is installed is the surrogate; two are both surrogates; of
    three or more the last in the order of `LOADERS` judges and the others are surrogates. If only
    one side is named, everybody else who is installed is on the other. Where dlib's network is a
    surrogate the real dlib verifies.

    Args:
        surrogates: Names of the recognisers that give gradients.
        judges: Names of recognisers that are only asked about the saved file.

    Raises:
        UnknownNameError: If there is no recogniser of a name.
        SettingError: If one is named on both sides, or the judges leave no surrogate.
        MissingExtraError: If dlib or its weights are not installed.
        WeightsError: If a weights file is missing or not what its name says.
    """
    chosen = roles(surrogates, judges, there=installed() or (DlibResnet.name,))
    return Panel.of(*(list(map(embedder, names)) for names in chosen))


def load_witnesses() -> tuple[Witness, ...]:
    """Every recogniser that is installed, none of which has any part in a search.

    Raises:
        MissingExtraError: If dlib or its weights are not installed and nothing else is.
        WeightsError: If a weights file is not what its name says.
    """
    names = installed() or (DlibResnet.name,)
    return tuple(Witness.of(embedder(name), "judge") for name in names)


def roles(
    surrogates: Sequence[str], judges: Sequence[str], *, there: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the surrogates and of the judges.

    Args:
        surrogates: Those that were named.
        judges: Those that were named.
        there: Those that are installed, in the order of `LOADERS`.

    Raises:
        UnknownNameError: If there is no recogniser of a name.
        SettingError: If one is named on both sides, or the judges leave no surrogate.
    """
    given, judging = tuple(dict.fromkeys(surrogates)), tuple(dict.fromkeys(judges))
    for name in (*given, *judging):
        look_up(LOADERS, name, kind="face recogniser")
    for name in given:
        if name in judging:
            raise SettingError(
                f"--judge must name a recogniser that is no surrogate, got {name} for both; "
                "leave it out of one"
            )
    if not given and not judging:
        return (tuple(there[:-1]), tuple(there[-1:])) if len(there) > 2 else (tuple(there), ())
    if not given:
        given = tuple(name for name in there if name not in judging)
    elif not judging:
        judging = tuple(name for name in there if name not in given)
    if not given:
        raise SettingError(
            f"--judge must leave a recogniser for the search, got {', '.join(judging)}, which are "
            "all that are installed; see sublimen weights list"
        )
    return given, judging


def _notes(surrogates: Sequence[Embedder], judges: Sequence[Embedder]) -> tuple[str, ...]:
    """What is missing."""
    if judges:
        return ()
    names = " and ".join(network.name for network in surrogates)
    missing = [holding for holding in holdings() if holding.name in LOADERS]
    more = "".join(
        f"; {holding.name} is not installed, {holding.command} brings it"
        for holding in missing
        if not holding.installed
    )
    return (
        f"no judge took part: {names} gave the gradients, and no recogniser that did not was "
        f"asked{more}",
    )


@torch.no_grad()
def embedding(network: Embedder, levels: PhotoLevels, face: Face) -> Embeddings:
    """The network's embedding of one face of a photo, as a batch of one."""
    box = inside(network.window(face), levels)
    region = from_bytes(levels[box.slices])
    found: Embeddings = network(network.cut(region, face, origin=(box.x0, box.y0)).clamp(0, 1))
    return found


def distance(one: Template, other: Template) -> float:
    """Euclidean distance of two templates."""
    return float(np.linalg.norm(one - other))
