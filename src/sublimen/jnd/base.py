"""What a JND model is: settings and a map of thresholds."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from sublimen.checks import check_images
from sublimen.errors import ImageError, SettingError
from sublimen.imaging.colour import luma, matlab_luma
from sublimen.imaging.filters import Padding
from sublimen.types import LEVELS, Images, JndMap, Plane


@dataclass(frozen=True, kw_only=True)
class JndModel(ABC):
    """Settings of a model of what people notice.

    Args:
        padding: What lies beyond the rim: the mirrored picture, or zeros as in the authors'
            MATLAB, whose rounding of luma is then followed as well.
    """

    name: ClassVar[str]

    minimum_size: ClassVar[int] = 16
    """Least height and width in pixels."""

    halo: ClassVar[int]
    """Pixels around a tile that its map depends on, once the edges are given."""

    tiling: ClassVar[Literal["exact", "approximate", "none"]] = "exact"
    """Whether maps of tiles with their halo are those of the whole picture."""

    padding: Padding = "reflect"

    def __post_init__(self) -> None:
        if self.padding not in {"reflect", "zeros"}:
            raise SettingError(f"padding must be reflect or zeros, got {self.padding!r}")

    @torch.no_grad()
    def __call__(self, images: Images, *, edges: Tensor | None = None) -> JndMap:
        """How far each sample may move unseen, in the unit of the images.

        A model of luma gives one plane, which holds for every channel.

        Args:
            images: Originals, at least `minimum_size` on each side.
            edges: What `edges` has found, batch x 1 x height x width; found anew if not given.

        Raises:
            ImageError: If the images break the pixel convention or are too small, or the edges
                have another shape.
        """
        edges = self.prepare(images, edges)
        return self.threshold(images, edges).expand_as(images).contiguous()

    def prepare(self, images: Images, edges: Tensor | None) -> Tensor | None:
        """Check what came in; the edges, found if they are not given.

        Raises:
            ImageError: As for the model itself.
        """
        check_images(images, minimum_size=self.minimum_size)
        if edges is None:
            return self.edges(images)
        expected = (len(images), 1, *images.shape[2:])
        if edges.shape != expected:
            raise ImageError(f"edges must have shape {expected}, got {tuple(edges.shape)}")
        return edges

    @torch.no_grad()
    def edges(self, images: Images) -> Tensor | None:
        """The part of the model that depends on the whole picture; `None` if there is none.

        Taken once over a large photo, it lets the rest be computed in tiles.
        """
        del images
        return None

    @abstractmethod
    def threshold(self, images: Images, edges: Tensor | None) -> JndMap | Plane:
        """The map for all channels, or one plane for all of them."""

    def luma_levels(self, images: Images) -> Plane:
        """Luma in 8-bit levels."""
        plane = luma(images) if self.padding == "reflect" else matlab_luma(images)
        return plane * LEVELS
