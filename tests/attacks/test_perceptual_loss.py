import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from oracles import lattice
from scipy.ndimage import correlate

from sublimen.attacks import PerceptualLoss
from sublimen.errors import SettingError

ARMS = ["l1", "l1-ori", "l2", "l2-ori", "l1+l2", "full"]


def column(*values):
    """An image of one row with three channels."""
    return torch.tensor(values, dtype=torch.float64).view(1, 3, 1, 1)


def test_each_channel_has_the_weight_of_the_paper():
    # Excess of 0.1 over J in one channel after the other: M = 3, 5, 1.
    jnd = column(0.02, 0.02, 0.02)
    black = column(0, 0, 0)
    for arm, power in (("l1", 1), ("l2", 2)):
        loss = PerceptualLoss(arm=arm, reduction="sum")
        values = [
            loss(column(*(0.12 * (c == k) for c in range(3))), black, jnd).item() for k in range(3)
        ]
        assert values == pytest.approx([m * 0.1**power for m in (3, 5, 1)])


def test_without_map_and_weights_they_are_the_plain_norms(generator):
    images = lattice(2, 3, 6, 7).double()
    change = torch.randn(2, 3, 6, 7, generator=generator, dtype=torch.float64)
    nothing = torch.zeros_like(images)
    flat = {"channel_weights": (1.0, 1.0, 1.0), "reduction": "sum"}

    l1 = PerceptualLoss(arm="l1", **flat)(images + change, images, nothing)
    l2 = PerceptualLoss(arm="l2", **flat)(images + change, images, nothing)

    norms = change.flatten(1)
    torch.testing.assert_close(l1, torch.linalg.vector_norm(norms, ord=1, dim=1))
    torch.testing.assert_close(l2, torch.linalg.vector_norm(norms, dim=1) ** 2)


def test_the_original_arms_ignore_the_map_and_the_weights(generator):
    images = lattice(2, 3, 6, 7).double()
    change = torch.randn(2, 3, 6, 7, generator=generator, dtype=torch.float64)
    jnd = torch.rand(2, 3, 6, 7, generator=generator, dtype=torch.float64)

    for arm, order in (("l1-ori", 1), ("l2-ori", 2)):
        loss = PerceptualLoss(arm=arm, reduction="sum")(images + change, images, jnd)
        norm = torch.linalg.vector_norm(change.flatten(1), ord=order, dim=1) ** order
        torch.testing.assert_close(loss, norm)


def by_hand(change, jnd, *, arm, weights=(3, 5, 1), scale=1 / 8):
    """Equations (3) to (7) for one image with loops over channels, by scipy."""
    kernel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]) * scale
    terms = {"l1": 0.0, "l2": 0.0, "g": 0.0}
    for weight, change_n, jnd_n in zip(weights, change, jnd, strict=True):
        excess = np.maximum(np.abs(change_n) - jnd_n, 0)
        terms["l1"] += weight * excess.sum()
        terms["l2"] += weight * (excess**2).sum()
        for k in (kernel, kernel.T):
            slope, limit = (correlate(p, k, mode="nearest") for p in (change_n, jnd_n))
            terms["g"] += weight * np.maximum(np.abs(slope) - np.abs(limit), 0).sum()
    members = {"l1": ["l1"], "l2": ["l2"], "l1+l2": ["l1", "l2"], "full": ["l1", "l2", "g"]}
    return sum(terms[name] for name in members[arm])


@pytest.mark.parametrize("arm", ["l1", "l2", "l1+l2", "full"])
@pytest.mark.parametrize("scale", [1 / 8, 1.0])
def test_every_arm_agrees_with_a_second_implementation(arm, scale, generator):
    images = lattice(2, 3, 6, 9).double()
    change = 0.1 * torch.randn(2, 3, 6, 9, generator=generator, dtype=torch.float64)
    jnd = 0.1 * torch.rand(2, 3, 6, 9, generator=generator, dtype=torch.float64)

    loss = PerceptualLoss(arm=arm, sobel_scale=scale, reduction="sum")(images + change, images, jnd)

    expected = [by_hand(change[k].numpy(), jnd[k].numpy(), arm=arm, scale=scale) for k in range(2)]
    assert loss.tolist() == pytest.approx(expected)


@pytest.mark.parametrize("arm", ARMS)
def test_the_mean_is_the_sum_over_the_number_of_samples(arm, generator):
    images, jnd = lattice(2, 3, 4, 5), 0.1 * lattice(2, 3, 4, 5, seed=1)
    change = torch.randn(2, 3, 4, 5, generator=generator)

    mean = PerceptualLoss(arm=arm)(images + change, images, jnd)
    total = PerceptualLoss(arm=arm, reduction="sum")(images + change, images, jnd)

    torch.testing.assert_close(60 * mean, total)


def test_sobel_of_a_ramp_and_of_a_point_by_hand():
    ramp = torch.arange(5.0).expand(1, 1, 4, 5).contiguous()
    point = torch.zeros(1, 1, 5, 5)
    point[0, 0, 2, 2] = 8
    loss = PerceptualLoss()

    across, down = loss.sobel(ramp)
    # A slope of one a pixel counts two pixels in the middle and one at the repeated rim.
    assert (across[0, 0] == torch.tensor([0.5, 1, 1, 1, 0.5])).all()
    assert (down == 0).all()
    across, down = loss.sobel(point)
    expected = torch.zeros(5, 5)
    expected[1:4, 1:4] = torch.tensor([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])
    assert torch.equal(across[0, 0], expected)
    assert torch.equal(down[0, 0], expected.T)
    sharp, _ = PerceptualLoss(sobel_scale=1.0).sobel(point)
    assert torch.equal(sharp[0, 0], 8 * expected)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1.0, -1.0, 0.5, -0.25]))
def test_inside_the_map_there_is_no_loss_and_no_slope(seed, share):
    # A share of the map itself: |z - x| <= J and |g(z) - g(x)| <= |g(J)|, exact in binary.
    jnd = lattice(2, 3, 5, 6, seed=seed)
    black, change = torch.zeros_like(jnd), (share * jnd).requires_grad_()

    loss = PerceptualLoss()(change, black, jnd)
    (slope,) = torch.autograd.grad(loss.sum(), change)

    assert (loss == 0).all()
    assert (slope == 0).all()


def test_at_the_original_there_is_no_slope_even_without_a_map():
    images = lattice(1, 3, 5, 6)
    for arm in ARMS:
        candidates = images.clone().requires_grad_()
        loss = PerceptualLoss(arm=arm)(candidates, images, torch.zeros_like(images))
        (slope,) = torch.autograd.grad(loss.sum(), candidates)
        assert loss.item() == 0
        assert (slope == 0).all()


def test_where_the_map_falls_its_slope_is_no_negative_threshold():
    # With a signed g(J) a falling map would be punished even where nothing has changed.
    images = torch.full((1, 3, 4, 6), 0.5)
    falling = torch.linspace(0.5, 0.1, 6).expand_as(images).contiguous()

    assert PerceptualLoss()(images, images, falling).item() == 0


def test_a_grey_image_has_the_mean_of_the_weights():
    grey, jnd = torch.full((1, 1, 3, 3), 0.5), torch.full((1, 1, 3, 3), 0.1)

    loss = PerceptualLoss(arm="l1", reduction="sum")(grey + 0.2, grey, jnd)

    assert loss.item() == pytest.approx(3 * 9 * 0.1, rel=1e-5)


@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"arm": "l3"}, "arm must be one of l1, l1-ori, l2, l2-ori, l1\\+l2, full, got 'l3'"),
        ({"reduction": "max"}, "reduction must be mean or sum"),
        ({"channel_weights": (3.0, 0.0, 1.0)}, "channel_weights must be above 0"),
        ({"sobel_scale": 0.0}, "sobel_scale must be above 0"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(SettingError, match=message):
        PerceptualLoss(**settings)
