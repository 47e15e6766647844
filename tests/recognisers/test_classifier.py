import pytest
import torch

from sublimen.errors import ImageError
from sublimen.recognisers import CLASSIFIERS, Classifier


class Sums(Classifier):
    minimum_size = 4
    side = 4
    labels = ("red", "green", "blue")

    def classify(self, images):
        return images.sum(dim=(2, 3))


def test_grey_images_are_classified_as_colour_images():
    grey = torch.full((2, 1, 4, 5), 0.5)

    assert Sums()(grey).tolist() == [[10.0] * 3] * 2


@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize(
    ("images", "words"),
    [
        (torch.zeros(1, 3, 3, 9), "at least 4 x 4"),
        (torch.full((1, 3, 4, 4), 255.0), "divide 8-bit pixels by 255"),
        (torch.zeros(1, 4, 4, 3), "permute channels-last"),
    ],
)
def test_unfit_images_are_refused(images, words):
    with pytest.raises(ImageError, match=words):
        Sums()(images)


def test_the_catalogue_knows_every_classifier():
    assert list(CLASSIFIERS) == ["efficientnet-lite0", "identity-classifier", "inception-resnet-v1"]
