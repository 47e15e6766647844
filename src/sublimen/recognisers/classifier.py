"""What a classifier is: a network that maps images to one logit a class."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import nn
from typing_extensions import override

from sublimen.checks import check_images
from sublimen.types import Images, Logits


class Classifier(nn.Module, ABC):
    """A closed set of classes: every image belongs to one of them.

    Attributes:
        name: Name in catalogues and results.
        side: Height and width in pixels of the images it was made for.
        labels: Names of the classes in the order of the logits; empty if unknown.
        minimum_size: Least height and width that the network takes, in pixels.
    """

    name: ClassVar[str]
    minimum_size: ClassVar[int] = 1
    side: int
    labels: tuple[str, ...]

    @override
    def forward(self, images: Images) -> Logits:
        """One logit a class, of sRGB images in [0, 1]; preprocessing happens inside.

        Grey images are classified as colour images with three equal channels.

        Raises:
            ImageError: If the images break the pixel convention or have a size that the network
                does not take.
        """
        check_images(images, minimum_size=self.minimum_size)
        return self.classify(images.expand(-1, 3, -1, -1))

    @abstractmethod
    def classify(self, images: Images) -> Logits:
        """The logits of colour images that have been checked."""
