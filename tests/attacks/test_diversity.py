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


@pytest.mark.parametrize("settings", [{"probability": 1.5}, {"ratio": 0.0}, {"ratio": 3.0}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} must be"):
        InputDiversity(**settings)
