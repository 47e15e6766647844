import torch

from sublimen.metrics import flip
from sublimen.visibility import Flip


def test_it_is_the_score_at_the_displays_pixels_per_degree(generator):
    one, other = torch.rand(2, 1, 3, 40, 40, generator=generator)

    for ppd in (37.84, 67.0):
        meter = Flip(pixels_per_degree=ppd)
        assert torch.equal(meter(one, other), flip(one, other, pixels_per_degree=ppd))
    assert not torch.equal(Flip(pixels_per_degree=20)(one, other), flip(one, other))
