"""How a gradient is taken: through what an image may go on its way to a recogniser."""

from abc import ABC, abstractmethod
from typing import final

import torch
from torch import Generator, Tensor

from sublimen.attacks.streams import normal
from sublimen.types import Images, PerImage, Rows


@final
class Draw:
    """Chance for some images, each from its own stream.

    Args:
        generators: The stream of each image.
        like: Says the precision and the device of what is drawn.
    """

    def __init__(self, generators: tuple[Generator, ...], like: Tensor) -> None:
        self._generators = generators
        self._like = like

    def uniform(self) -> PerImage:
        """One number of [0, 1) for each image."""
        drawn = [torch.rand((), generator=generator).item() for generator in self._generators]
        return self._like.new_tensor(drawn)

    def normal(self, images: Images) -> Images:
        """Numbers of the normal distribution, one for each sample of the images."""
        return normal(images, self._generators)

    def at(self, rows: Rows) -> "Draw":
        """Chance for some of the images, from the same streams."""
        return Draw(tuple(self._generators[row] for row in rows), self._like)


class View(ABC):
    """What a gradient is taken through. It says nothing about the verdict.

    Attributes:
        samples: How many draws one gradient is the mean of.
    """

    @property
    def samples(self) -> int:
        """How many draws one gradient is the mean of."""
        return 1

    def see(self, images: Images, draw: Draw) -> Tensor:
        """What the recogniser is shown in place of some images; differentiable."""
        del draw
        return images

    def smooth(self, slopes: Images) -> Images:
        """What becomes of the gradients of the goal's loss."""
        return slopes

    @property
    @abstractmethod
    def transparent(self) -> bool:
        """Whether the recogniser is shown the images as they are."""
