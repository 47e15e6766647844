import io

import numpy as np
import pytest
import torch
from PIL import Image

from sublimen.imaging.quantisation import tables


def written(quality):
    """The tables in a file of Pillow's, a row for each vertical frequency."""
    file = io.BytesIO()
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(file, "JPEG", quality=quality)
    with Image.open(file) as picture:
        return torch.tensor([picture.quantization[0], picture.quantization[1]]).view(2, 8, 8)


@pytest.mark.parametrize("quality", [1, 24, 25, 49, 50, 51, 75, 92, 99, 100])
def test_steps_are_those_in_a_file_of_pillow(quality):
    assert torch.equal(tables([quality])[0], written(quality).float())


def test_each_image_has_its_own():
    pair = tables([50, 95])

    # At 50 the example tables themselves; at 95 a tenth of them, rounded.
    assert pair[0, :, 7, 0].tolist() == [72, 99]
    assert pair[1, :, 7, 0].tolist() == [7, 10]
