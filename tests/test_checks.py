import math

import pytest
import torch

from sublimen.checks import check_images, check_pair, need
from sublimen.errors import ImageError, MissingExtraError, SettingError
from sublimen.settings import at_least, fraction, positive


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (lambda value: at_least(1, steps=value), [1, 7], [0.999, -1, math.nan]),
        (lambda value: fraction(steps=value), [1e-9, 1], [0, 1.001, -1, math.nan]),
        (lambda value: positive(steps=value), [1e-9, 9e9], [0, -1, math.inf, math.nan]),
    ],
)
def test_settings_keep_to_their_range(check, good, bad):
    for value in good:
        check(value)
    for value in bad:
        with pytest.raises(SettingError, match=rf"steps must be .*, got {value}"):
            check(value)


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (torch.zeros(3, 4, 4), "batch x channel x height x width"),
        (torch.zeros(1, 4, 4, 3), "permute channels-last"),
        (torch.zeros(1, 3, 4, 4, dtype=torch.uint8), "divide by 255"),
        (torch.full((1, 3, 4, 4), 200.0), r"got \[200, 200\]; divide 8-bit pixels by 255"),
        (torch.full((1, 3, 4, 4), -0.1), "must lie in"),
        (torch.full((1, 3, 4, 4), math.nan), "got NaN"),
        (torch.zeros(0, 3, 4, 4), "at least one image"),
        (torch.zeros(1, 3, 4, 2), "at least 3 x 3 pixels, got 2 x 4"),
    ],
)
def test_what_is_no_batch_of_images_is_refused(images, words):
    with pytest.raises(ImageError, match=words):
        check_images(images, minimum_size=3)


def test_pairs_must_have_one_shape():
    check_pair(torch.zeros(2, 1, 3, 3), torch.ones(2, 1, 3, 3))
    with pytest.raises(ImageError, match="same shape"):
        check_pair(torch.zeros(2, 1, 3, 3), torch.zeros(1, 1, 3, 3))


def test_what_is_not_installed_is_named_with_its_extra():
    assert need("math", extra="photo") is math
    with pytest.raises(MissingExtraError, match=r"no_such is not installed; run: pip install 'sub"):
        need("no_such", extra="photo")
