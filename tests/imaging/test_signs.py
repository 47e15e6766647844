import torch

from sublimen.imaging.signs import random_signs


def test_signs_are_plus_and_minus_one_equally_often(generator):
    signs = random_signs(torch.zeros(1, 1, 100, 100, dtype=torch.float64), generator)

    assert signs.dtype == torch.float64
    assert set(signs.unique().tolist()) == {-1.0, 1.0}
    assert abs(signs.mean().item()) < 0.04


def test_channels_share_a_sign_or_have_their_own(generator):
    like = torch.zeros(2, 3, 50, 50)

    shared = random_signs(like, generator)
    own = random_signs(like, generator, shared=False)

    assert (shared == shared[:, :1]).all()
    assert not torch.equal(shared[0], shared[1])
    assert 0.4 < (own[:, 0] == own[:, 1]).float().mean() < 0.6


def test_the_same_generator_gives_the_same_signs():
    like = torch.zeros(1, 3, 8, 8)

    one, other = (random_signs(like, torch.Generator().manual_seed(3)) for _ in range(2))

    assert torch.equal(one, other)
