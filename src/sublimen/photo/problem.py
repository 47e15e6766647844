"""One face of a photo, as an attack sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

import torch
from torch import Tensor
from typing_extensions import override

from sublimen.attacks.face_goal import Dodge, Impersonate
from sublimen.attacks.goal import Goal
from sublimen.attacks.joint import EveryGoal, JointGoal
from sublimen.attacks.problem import Problem
from sublimen.imaging.levels import from_bytes, to_levels
from sublimen.photo.encoding import Codec
from sublimen.photo.patch import Patch
from sublimen.photo.region import on_grid
from sublimen.recognisers.base import Embedder
from sublimen.recognisers.face import Face
from sublimen.types import (
    Embeddings,
    Images,
    Output,
    PhotoLevels,
    Reached,
    References,
    RegionLevels,
    Rows,
)


@final
@dataclass(frozen=True, kw_only=True)
class FaceProblem(Problem):
    """Make recognisers misread one face, in the file that will be saved.

    The gradient comes through a short cut: the networks are shown the region on the patch's grid,
    and cut their chips from that. Success is judged the long way: the perturbation is enlarged and
    added to the photo, rounded, encoded, decoded and cut anew at the photo's own resolution.

    Args:
        networks: The surrogates, at least one; the output is their embeddings side by side.
        goal: What the adversary wants of these embeddings.
        patch: The part of the photo that may change.
        face: Where the face is in the photo.
        codec: What the saved file makes of a region.
        photo: Levels of the photo that `patch` starts from.
    """

    networks: tuple[Embedder, ...]
    goal: Goal
    patch: Patch
    face: Face
    codec: Codec
    photo: PhotoLevels

    @cached_property
    def on_grid(self) -> Face:
        """The face in pixels of the patch's grid."""
        return on_grid(self.face, self.patch.box, self.patch.grid)

    @override
    def output(self, images: Images) -> Output:
        return self._embeddings(images, self.on_grid)

    @override
    def reached(self, images: Images) -> Reached:
        return self.goal.reached(self.published(images))

    @override
    def at(self, rows: Rows) -> "FaceProblem":
        return self

    @torch.no_grad()
    def published(self, images: Images) -> Embeddings:
        """The embeddings of the face in the file that `images` would give."""
        region = self.compose(to_levels(images) - self.patch.images)
        box = self.patch.box
        read_back = self.codec.read_back(region, self.photo, box)
        return self._embeddings(from_bytes(read_back), self.face, origin=(box.x0, box.y0))

    def compose(self, perturbation: Tensor) -> RegionLevels:
        """The region of the photo with a perturbation of the grid added."""
        return self.patch.compose(perturbation)

    def _embeddings(
        self, images: Images, face: Face, *, origin: tuple[int, int] = (0, 0)
    ) -> Embeddings:
        """What every network says of a face, side by side.

        The chips of a photo in [0, 1] lie in it but for rounding.
        """
        cut = [network.cut(images, face, origin=origin).clamp(0, 1) for network in self.networks]
        seen = [network(chips) for network, chips in zip(self.networks, cut, strict=True)]
        return torch.cat(seen, dim=1)


def goal_of_all(
    networks: Sequence[Embedder],
    away: Sequence[References],
    margin: float,
    *,
    towards: Sequence[References] = (),
) -> Goal:
    """To be taken by each of several recognisers for none of some faces, and for one of others.

    Their losses are counted in squares of their own thresholds, so that none drowns the others.

    Args:
        networks: The recognisers.
        away: What each knows of the faces that are to be left, one or several.
        margin: Distance to be reached beyond each threshold, at least 0; within a threshold at
            most half of it.
        towards: What each knows of the faces to be taken for, if there are any.
    """
    goals: list[Goal] = [
        Dodge(references, threshold=network.threshold, margin=margin)
        for network, references in zip(networks, away, strict=True)
    ]
    if towards:
        goals = [
            EveryGoal((dodge, _likeness(network, wanted, margin)))
            for network, dodge, wanted in zip(networks, goals, towards, strict=True)
        ]
    if len(goals) == 1:
        return goals[0]
    return JointGoal(
        goals=tuple(goals),
        widths=tuple(references.shape[-1] for references in away),
        weights=tuple(network.threshold**-2 for network in networks),
    )


def _likeness(network: Embedder, wanted: References, margin: float) -> Impersonate:
    threshold = network.threshold
    return Impersonate(wanted, threshold=threshold, margin=min(margin, threshold / 2))
