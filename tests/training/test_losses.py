import math

import pytest
import torch

from sublimen.jnd.attention import attention, focused
from sublimen.jnd.map_network import untrained
from sublimen.metrics.gmsd import gmsd
from sublimen.training.losses import (
    LEAST,
    Terms,
    Weights,
    compression_terms,
    map_terms,
    quality_lost,
)


@pytest.fixture(scope="module")
def network():
    return untrained(2).autoencoder.requires_grad_(requires_grad=False)


@pytest.fixture
def images(pictures):
    return pictures.patches(2, 176, torch.Generator().manual_seed(1))


def signs(images):
    drawn = torch.randint(0, 2, images[:, :1].shape, generator=torch.Generator().manual_seed(7))
    return drawn * 2.0 - 1


def terms(network, images, jnd, weights=Weights()):  # noqa: B008 -- frozen
    seen = attention(network, images)
    found = map_terms(network, images, seen, jnd, signs(images), weights)
    return dict(zip(found.names, found.values.tolist(), strict=True))


def test_the_total_is_the_sum_of_the_terms():
    assert Terms(("a", "b"), torch.tensor([1.5, -0.25])).total.item() == 1.25


def test_compression_weighs_bits_against_squared_levels(network, images):
    small = images[:, :, :32, :32]
    noise = torch.zeros(2, 128, 4, 4)

    bits, error = compression_terms(network, small, noise).values

    features, decoded = network(small)
    assert bits.item() == pytest.approx(network.bits(features).sum().item() / (2 * 32 * 32))
    assert error.item() == pytest.approx(
        0.01 * ((decoded - small) * 255).square().mean().item(), rel=1e-4
    )


def test_noise_takes_the_place_of_rounding(network, images):
    small = images[:, :, :32, :32]
    noise = torch.rand(2, 128, 4, 4, generator=torch.Generator().manual_seed(0)) - 0.5

    one, other = (compression_terms(network, small, n).values for n in (noise, 0 * noise))

    assert not torch.allclose(one, other)


def test_a_map_of_nothing_changes_nothing(network, images):
    found = terms(network, images, torch.zeros_like(images))

    assert found["perception"] == found["attention"] == 0
    assert found["quality"] == pytest.approx(0, abs=1e-4)
    assert found["magnitude"] == pytest.approx(-0.1 * math.log(LEAST))


def test_a_larger_map_is_rewarded_and_costs(network, images):
    small, large = (terms(network, images, torch.full_like(images, a / 255)) for a in (2, 8))

    assert large["magnitude"] < small["magnitude"]
    for name in ("perception", "attention", "quality"):
        assert large[name] > small[name] > 0


def test_attention_is_how_far_the_focus_moves_wherever_it_goes(network, images):
    jnd = torch.full_like(images, 8 / 255)
    seen = attention(network, images)

    found = terms(network, images, jnd, Weights(attention=1.0))["attention"]

    features = network.encoder((images + signs(images) * jnd).clamp(0, 1))
    moved = focused(features, seen.weights, images) - seen.focus
    assert found == pytest.approx(moved.abs().mean().item(), rel=1e-4)
    assert abs(moved.mean().item()) < 0.9 * found


def test_the_magnitude_counts_every_sample_alike(network, images):
    jnd = torch.full_like(images, 4 / 255)
    jnd[..., ::2] = 16 / 255

    found = terms(network, images, jnd)["magnitude"]

    expected = (math.log(4 / 255 + LEAST) + math.log(16 / 255 + LEAST)) / 2
    assert found == pytest.approx(-0.1 * expected, rel=1e-5)


def test_weights_scale_their_terms(network, images):
    jnd = torch.full_like(images, 6 / 255)
    plain = terms(network, images, jnd)

    found = terms(
        network,
        images,
        jnd,
        Weights(magnitude=0.2, quality=3.0, perceptual=0.0, attention=2 * Weights().attention),
    )

    assert found["magnitude"] == pytest.approx(2 * plain["magnitude"])
    assert found["quality"] == pytest.approx(3 * plain["quality"])
    assert found["perception"] == 0
    assert found["attention"] == pytest.approx(2 * plain["attention"])


def test_noise_in_texture_costs_less_quality_than_on_a_flat_field(images):
    flat = torch.full_like(images, 0.5)
    change = signs(images) * 6 / 255

    lost = [
        quality_lost(picture, (picture + change).clamp(0, 1)).item() for picture in (images, flat)
    ]

    assert lost[0] < 0.8 * lost[1]


def test_a_channel_costs_by_its_share_of_luma(images):
    grey = images.mean(dim=1, keepdim=True).expand_as(images)
    lost = []
    for channel in range(3):
        change = torch.zeros_like(images)
        change[:, channel] = (signs(images) * 8 / 255)[:, 0]
        lost.append(quality_lost(grey, (grey + change).clamp(0, 1)).item())

    red, green, blue = lost
    assert green > 2 * red > 4 * blue > 0


def test_measures_of_quality_are_summed(images):
    changed = (images + 0.02 * signs(images)).clamp(0, 1)

    assert quality_lost(images, images).item() == pytest.approx(0, abs=1e-4)
    assert quality_lost(images, changed).item() > gmsd(images, changed).mean().item()
