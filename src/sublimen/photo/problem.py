"""One face of a photo, as an attack sees it."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor
from typing_extensions import override

from sublimen.attacks.face_goal import Dodge
from sublimen.attacks.problem import Problem
from sublimen.imaging.levels import from_bytes, to_levels
from sublimen.photo.encoding import Codec
from sublimen.photo.patch import Patch
from sublimen.recognisers.alignment import Alignment, chip, sample
from sublimen.recognisers.base import Embedder
from sublimen.types import (
    Chips,
    Embeddings,
    Images,
    Output,
    PhotoLevels,
    Reached,
    RegionLevels,
    Rows,
)


@final
@dataclass(frozen=True, kw_only=True)
class FaceProblem(Problem):
    """Make a recogniser misread one face, in the file that will be saved.

    The gradient comes through a short cut: the chip is linear in the pixels, so only the
    perturbation on the patch's grid is aligned and added to the clean chip. Success is judged
    the long way: the perturbation is enlarged and added to the photo, rounded, encoded, decoded
    and aligned anew.

    Args:
        network: The surrogate.
        goal: What the adversary wants of its embedding.
        patch: The part of the photo that may change.
        alignment: How the face lies in the photo.
        codec: What the saved file makes of a region.
        photo: Levels of the photo that `patch` starts from.
        clean: The chip of the face in `photo`.
    """

    network: Embedder
    goal: Dodge
    patch: Patch
    alignment: Alignment
    codec: Codec
    photo: PhotoLevels
    clean: Chips

    @override
    def output(self, images: Images) -> Output:
        perturbation = images - self.patch.images
        shift = sample(perturbation, self.alignment, self.patch.box)
        output: Output = self.network((self.clean + shift).clamp(0, 1))
        return output

    @override
    def reached(self, images: Images) -> Reached:
        return self.goal.reached(self.published(images))

    @override
    def at(self, rows: Rows) -> "FaceProblem":
        return self

    @torch.no_grad()
    def published(self, images: Images) -> Embeddings:
        """The embedding of the face in the file that `images` would give."""
        region = self.compose(to_levels(images) - self.patch.images)
        box = self.patch.box
        read_back = self.codec.read_back(region, self.photo, box)
        chips = chip(from_bytes(read_back), self.alignment, origin=(box.x0, box.y0))
        output: Embeddings = self.network(chips)
        return output

    def compose(self, perturbation: Tensor) -> RegionLevels:
        """The region of the photo with a perturbation of the grid added."""
        return self.patch.compose(perturbation)
