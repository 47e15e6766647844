"""The recognisers that are asked about a photo, each in its role."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, final

import numpy as np
import torch
from jaxtyping import Float

from sublimen.imaging.levels import from_bytes
from sublimen.photo.result import Reading, Role
from sublimen.recognisers.alignment import Alignment, chip
from sublimen.recognisers.base import Embedder
from sublimen.recognisers.detection import at_box, detect
from sublimen.recognisers.dlib_program import DlibProgram
from sublimen.recognisers.dlib_resnet import DlibResnet
from sublimen.recognisers.face import Box, Face
from sublimen.types import Embeddings, PhotoLevels

Template: TypeAlias = Float[np.ndarray, " features"]
"""What a recogniser remembers of one face."""

SAME_PLACE: Final = 0.3
"""Least overlap (intersection over union) of two detections of one face."""


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
    """

    name: str
    role: Role
    threshold: float
    false_match_rate: float
    embed: Callable[[PhotoLevels, Face], Template]

    def reading(
        self,
        distances: tuple[float, float],
        nearest: tuple[float | None, float | None] = (None, None),
    ) -> Reading:
        """What this witness says.

        Args:
            distances: To the original, before and after.
            nearest: To the gallery, before and after.
        """
        before, after = distances
        return Reading(
            name=self.name,
            role=self.role,
            threshold=self.threshold,
            false_match_rate=self.false_match_rate,
            before=before,
            after=after,
            matches=after <= self.threshold,
            before_gallery=nearest[0],
            after_gallery=nearest[1],
        )


@final
@dataclass(frozen=True)
class Panel:
    """Who gives gradients and who is asked.

    Args:
        surrogate: The network that the attack sees.
        witnesses: Everybody who is asked about the saved file.
    """

    surrogate: Embedder
    witnesses: tuple[Witness, ...]


def load_panel() -> Panel:
    """Dlib's network in PyTorch as surrogate, dlib itself as verifier.

    Raises:
        MissingExtraError: If dlib or its weights are not installed.
        WeightsError: If a weights file is not what its name says.
    """
    network = DlibResnet.load()
    program = DlibProgram()
    surrogate = Witness(
        name=network.name,
        role="surrogate",
        threshold=network.threshold,
        false_match_rate=network.false_match_rate,
        embed=lambda levels, face: _template(network, levels, face),
    )
    verifier = Witness(
        name=program.name,
        role="verifier",
        threshold=network.threshold,
        false_match_rate=network.false_match_rate,
        embed=program.embed,
    )
    return Panel(network, (surrogate, verifier))


@torch.no_grad()
def embedding(network: Embedder, levels: PhotoLevels, face: Face) -> Embeddings:
    """The surrogate's embedding of one face of a photo, as a batch of one."""
    alignment = Alignment.of(face)
    box = inside(alignment.window, levels)
    region = from_bytes(levels[box.y0 : box.y1, box.x0 : box.x1])
    found: Embeddings = network(chip(region, alignment, origin=(box.x0, box.y0)))
    return found


def _template(network: Embedder, levels: PhotoLevels, face: Face) -> Template:
    template: Template = embedding(network, levels, face)[0].numpy()
    return template


def inside(box: Box, levels: PhotoLevels) -> Box:
    """The part of a box that lies in the photo."""
    height, width = levels.shape[:2]
    return Box(max(box.x0, 0), max(box.y0, 0), min(box.x1, width), min(box.y1, height))


def find_faces(levels: PhotoLevels, boxes: Sequence[Box]) -> list[Face]:
    """The faces at the boxes that a person gave, or else all that are detected."""
    return [at_box(levels, box) for box in boxes] if boxes else detect(levels)


def same_face(face: Face, candidates: Sequence[Face]) -> Face | None:
    """The candidate at the place of `face`, if there is one."""
    nearest = max(candidates, key=lambda other: overlap(face.box, other.box), default=None)
    if nearest is None or overlap(face.box, nearest.box) < SAME_PLACE:
        return None
    return nearest


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes.

    Example:
        >>> overlap(Box(0, 0, 2, 2), Box(1, 0, 3, 2))
        0.3333333333333333
    """
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    common = max(width, 0) * max(height, 0)
    return common / (one.width * one.height + other.width * other.height - common)


def distance(one: Template, other: Template) -> float:
    """Euclidean distance of two templates."""
    return float(np.linalg.norm(one - other))
