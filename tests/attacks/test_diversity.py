import pytest
import torch
from oracles import lattice

from sublimen.attacks.diversity import InputDiversity
from sublimen.attacks.streams import streams
from sublimen.attacks.view import Draw
from sublimen.errors import SettingError


def draw(images, seed=0):
    return Draw(streams(images, seed), images)


def test_with_probability_zero_nothing_changes():
    images = lattice(3, 3, 9, 7)

    assert torch.equal(InputDiversity(probability=0.0).see(images, draw(images)), images)


@pytest.mark.parametrize("ratio", [0.5, 0.9, 1.1, 1.6])
def test_the_size_stays_and_the_image_lies_among_zeros(ratio):
    images = torch.ones(6, 3, 20, 16)
    view = InputDiversity(probability=1.0, ratio=ratio)

    seen = view.see(images, Draw(streams(lattice(6, 3, 20, 16), 1), images))

    assert seen.shape == images.shape
    assert (seen.flatten(1).mean(dim=1) < 1).any()
    assert (seen.flatten(1).mean(dim=1) >= min(ratio, 1 / ratio) ** 2 * 0.8).all()


def test_each_image_has_draws_of_its_own():
    images = lattice(4, 1, 12, 12)
    view = InputDiversity(probability=1.0, ratio=0.5)

    together = view.see(images, draw(images))

    for row in range(4):
        alone = images[row : row + 1]
        assert torch.equal(view.see(alone, draw(alone)), together[row : row + 1])


def test_the_gradient_goes_through_it():
    images = lattice(2, 1, 12, 12).requires_grad_()

    InputDiversity(probability=1.0, ratio=0.6).see(images, draw(images)).sum().backward()

    assert (images.grad > 0).any()


def squares(ratio, *, side=20, count=400):
    """What becomes of white images, each with a stream of its own."""
    images = torch.ones(count, 1, side, side)
    return InputDiversity(probability=1.0, ratio=ratio).see(
        images, Draw(streams(lattice(count, 1, 4, 4), 0), images)
    )


def test_sizes_are_drawn_evenly_up_to_but_without_the_side():
    sizes = squares(0.5).flatten(1).sum(dim=1).sqrt().round()

    assert sorted(sizes.unique().tolist()) == list(range(10, 20))
    assert sizes.mean().item() == pytest.approx(14.5, abs=0.5)


def test_places_are_drawn_evenly_and_reach_every_rim():
    seen = squares(0.5)[:, 0]

    # Of 20 - size + 1 places one touches a given rim: on average over the sizes 0.2.
    for rim in (seen[:, 0], seen[:, -1], seen[:, :, 0], seen[:, :, -1]):
        touched = (rim > 0).any(dim=1).float().mean().item()
        assert touched == pytest.approx(
            sum(1 / (21 - size) for size in range(10, 20)) / 10, abs=0.07
        )


def test_height_and_width_keep_their_ratio_and_nothing_is_stretched():
    images = torch.ones(50, 1, 24, 12)
    view = InputDiversity(probability=1.0, ratio=0.5)

    seen = view.see(images, Draw(streams(lattice(50, 1, 4, 4), 0), images))[:, 0]

    heights = (seen > 0).any(dim=2).sum(dim=1)
    widths = (seen > 0).any(dim=1).sum(dim=1)
    assert ((seen == 0) | (seen - 1).abs().lt(1e-6)).all()
    assert ((heights - 2 * widths).abs() <= 1).all()


def test_above_one_it_is_enlarged_and_reduced_again():
    # White of side 20 to 29 on black of side 30, reduced to 20: from 4/9 of the area on.
    area = squares(1.5).flatten(1).mean(dim=1)

    assert area.min().item() == pytest.approx((20 / 30) ** 2, abs=0.03)
    assert area.max().item() == pytest.approx((29 / 30) ** 2, abs=0.03)


def test_it_happens_with_the_probability_that_is_set():
    images = torch.ones(400, 1, 8, 8)
    view = InputDiversity(probability=0.3, ratio=0.5)

    seen = view.see(images, Draw(streams(lattice(400, 1, 4, 4), 0), images))

    changed = (seen != images).flatten(1).any(dim=1).float().mean().item()
    assert changed == pytest.approx(0.3, abs=0.07)
    assert not view.transparent
    assert InputDiversity(probability=0.0).transparent


@pytest.mark.parametrize("settings", [{"probability": 1.5}, {"ratio": 0.0}, {"ratio": 3.0}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} must be"):
        InputDiversity(**settings)
