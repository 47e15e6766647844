import torch

from sublimen.metrics import iw_ssim
from sublimen.visibility import IwSsim


def test_it_is_the_score(generator):
    one, other = torch.rand(2, 1, 3, 170, 180, generator=generator)

    assert torch.equal(IwSsim()(one, other), iw_ssim(one, other))
