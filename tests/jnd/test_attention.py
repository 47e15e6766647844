import pytest
import torch

from sublimen.jnd.attention import attention, focused
from sublimen.jnd.map_network import untrained


@pytest.fixture(scope="module")
def network():
    return untrained(1).autoencoder.requires_grad_(requires_grad=False).double()


@pytest.fixture
def images(generator):
    return torch.rand(2, 3, 24, 16, generator=generator, dtype=torch.float64)


def error(network, images):
    return (network(images)[1] - images).square().flatten(1).mean(dim=1)


def test_both_maps_are_stretched_to_the_unit_interval(network, images):
    seen = attention(network, images)

    for planes in (seen.focus, seen.slope):
        assert planes.amin(dim=(1, 2, 3)).tolist() == [0, 0]
        assert planes.amax(dim=(1, 2, 3)).tolist() == [1, 1]
    assert seen.focus.shape == (2, 1, 24, 16)
    assert seen.slope.shape == images.shape


def test_the_slope_is_how_the_error_rises_with_each_sample(network, images):
    seen = attention(network, images)

    step = 1e-6
    places = [(0, 0, 3, 4), (0, 2, 20, 9), (1, 1, 11, 0), (1, 0, 23, 15), (0, 1, 8, 8)]
    rises = []
    for place in places:
        ahead, behind = images.clone(), images.clone()
        ahead[place] += step
        behind[place] -= step
        change = error(network, ahead)[place[0]] - error(network, behind)[place[0]]
        rises.append(max(change.item() / (2 * step), 0))
    # Up to one scale in each image; at least one of the places rises.
    found = [seen.slope[place].item() for place in places]
    for number in (0, 1):
        own = [
            (f, r) for f, r, place in zip(found, rises, places, strict=True) if place[0] == number
        ]
        largest = max(own, key=lambda pair: pair[1])
        for f, r in own:
            assert f * largest[1] == pytest.approx(r * largest[0], abs=1e-6 * largest[1] + 1e-12)


def test_weights_are_the_mean_slope_of_the_error_by_each_feature(network, images):
    seen = attention(network, images)

    features = network.encoder(images)
    step = 1e-5
    for k in (0, 77):
        moved = [features.clone(), features.clone()]
        moved[0][:, k] += step
        moved[1][:, k] -= step
        ahead, behind = (
            (network.decoder(f) - images).square().flatten(1).mean(dim=1) for f in moved
        )
        positions = features[0, 0].numel()
        expected = (ahead - behind) / (2 * step) / positions
        assert torch.allclose(seen.weights[:, k, 0, 0], expected, rtol=1e-5, atol=1e-12)


def test_focus_is_the_weighted_sum_without_its_sign(network, images):
    seen = attention(network, images)
    features = network.encoder(images)

    turned = focused(-features, seen.weights, images)

    assert torch.allclose(turned, seen.focus)
    assert torch.allclose(focused(features, 3 * seen.weights, images), seen.focus)


def test_images_do_not_see_each_other(network, images):
    both, alone = attention(network, images), attention(network, images[:1])

    assert torch.allclose(both.focus[:1], alone.focus)
    assert torch.allclose(both.slope[:1], alone.slope)


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_a_flat_field_is_finite(network, level):
    seen = attention(network, torch.full((1, 3, 16, 16), level, dtype=torch.float64))

    assert all(planes.isfinite().all() for planes in seen)


def test_nothing_of_the_network_or_the_images_is_changed(network, images):
    before = images.clone()

    with torch.no_grad():
        seen = attention(network, images)

    assert torch.equal(images, before)
    assert not seen.focus.requires_grad
    assert all(p.grad is None for p in network.parameters())
