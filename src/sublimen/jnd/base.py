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
class Whole:
    """What a map takes from the whole picture, found once before it is computed in parts.

    Args:
        edges: One value per pixel, batch x 1 x height x width: true on edges, or how far edges
            are protected; `None` if the model has none.
        statistics: Numbers of each image, batch first, such as a basis; `None` if there are none.
    """

    edges: Tensor | None = None
    statistics: Tensor | None = None

    def rows(self, start: int, stop: int) -> "Whole":
        """What belongs to rows from `start` to before `stop`."""
        edges = None if self.edges is None else self.edges[:, :, start:stop]
        return Whole(edges=edges, statistics=self.statistics)

    def of(self, number: int) -> "Whole":
        """What belongs to one image of the batch."""
        own = slice(number, number + 1)
        return Whole(
            edges=None if self.edges is None else self.edges[own],
            statistics=None if self.statistics is None else self.statistics[own],
        )


@dataclass(frozen=True, kw_only=True)
class JndModel(ABC):
    """Settings of a model of what people notice.

    Maps have a gradient with respect to the images wherever the model is smooth; it is finite
    everywhere and zero where the model counts (edges, bins, rounding).

    Args:
        padding: What lies beyond the rim: the mirrored picture, or zeros as in the authors'
            MATLAB, whose rounding of luma is then followed as well.
    """

    name: ClassVar[str]

    minimum_size: ClassVar[int] = 16
    """Least height and width in pixels."""

    halo: ClassVar[int]
    """Pixels around a tile that its map depends on, once `whole` is given."""

    grid: ClassVar[int] = 1
    """Tiles begin at multiples of this many pixels, the side of the model's blocks."""

    tiling: ClassVar[Literal["exact", "none"]] = "exact"
    """Whether maps of tiles with their halo are those of the whole picture, or tiles make no
    sense because the model sees the whole at once."""

    most_edge: ClassVar[float] = 1.0
    """Largest number that may be handed in as an edge."""

    variants: ClassVar[tuple[str, ...]] = ()
    """What the field `variant` may be; a model with one form only has no such field."""

    padding: Padding = "reflect"

    def __post_init__(self) -> None:
        if self.padding not in {"reflect", "zeros"}:
            raise SettingError(f"padding must be reflect or zeros, got {self.padding!r}")
        if self.variants:
            self.check_variant(getattr(self, "variant", ""))

    @classmethod
    def check_variant(cls, variant: str) -> None:
        """Refuse a form that the model does not have.

        Raises:
            SettingError: Naming those that it has.
        """
        if not cls.variants:
            raise SettingError(f"variant must not be given for {cls.name}, which has one form")
        if variant not in cls.variants:
            raise SettingError(
                f"variant of {cls.name} must be {' or '.join(cls.variants)}, got {variant!r}"
            )

    def __call__(self, images: Images, *, edges: Tensor | None = None) -> JndMap:
        """How far each sample may move unseen, in the unit of the images.

        A model of luma gives one plane, which holds for every channel.

        Args:
            images: Originals, at least `minimum_size` on each side.
            edges: What `edges` has found, batch x 1 x height x width; found anew if not given.

        Raises:
            ImageError: If the images break the pixel convention or are too small, or the edges
                have another shape.
            WeightsError: If the model has learned its weights and they are missing or others.
        """
        return self.part(images, self.prepare(images, edges))

    def part(self, images: Images, whole: Whole) -> JndMap:
        """The map of pictures, or of parts of them, for what is known of the whole."""
        if len(images) > 1 and images.device.type == "cpu":
            # One image at a time stays in the cache of a processor.
            singles = enumerate(images.chunk(len(images)))
            return torch.cat([self.part(image, whole.of(k)) for k, image in singles])
        return self.threshold(images, whole).expand_as(images).contiguous()

    def prepare(self, images: Images, edges: Tensor | None) -> Whole:
        """Check what came in, and find what has to be found over the whole picture.

        Raises:
            ImageError: As for the model itself.
        """
        check_images(images, minimum_size=self.minimum_size)
        expected = (len(images), 1, *images.shape[2:])
        if edges is not None:
            if edges.shape != expected:
                raise ImageError(f"edges must have shape {expected}, got {tuple(edges.shape)}")
            self.check_edges(edges)
        found = self.edges(images) if edges is None else edges
        return Whole(edges=found, statistics=self.statistics(images))

    def check_edges(self, edges: Tensor) -> None:
        """Refuse edges that are neither true and false nor numbers of their range.

        Raises:
            ImageError: Saying what came.
        """
        most = self.most_edge
        accepted = f"numbers in [0, {most:g}]"
        if most == 1:
            accepted = f"true and false, or {accepted}"
            if edges.dtype == torch.bool:
                return
        if not edges.is_floating_point():
            raise ImageError(f"edges of {self.name} must be {accepted}, got {edges.dtype}")
        least, largest = (value.item() for value in edges.aminmax())
        if not 0 <= least <= largest <= most:
            raise ImageError(
                f"edges of {self.name} must be {accepted}, got [{least:g}, {largest:g}]"
            )

    @property
    def takes_edges(self) -> bool:
        """Whether the model looks for edges, so that they may be handed in."""
        return type(self).edges is not JndModel.edges

    def edges(self, images: Images) -> Tensor | None:
        """Edges, the part of a model that depends on every pixel; `None` if it has none.

        Taken once over a large photo, they let the rest be computed in tiles.
        """
        del images
        return None

    def statistics(self, images: Images) -> Tensor | None:
        """What else the map takes from the whole of each picture; `None` if nothing."""
        del images
        return None

    @abstractmethod
    def threshold(self, images: Images, whole: Whole) -> JndMap | Plane:
        """The map for all channels, or one plane for all of them."""

    def luma_levels(self, images: Images) -> Plane:
        """Luma in 8-bit levels."""
        plane = luma(images) if self.padding == "reflect" else matlab_luma(images)
        return (plane * LEVELS).contiguous()
