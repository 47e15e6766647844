import flip_evaluator
import numpy as np
import pytest
import torch
from pairs import distorted

from sublimen.errors import SettingError
from sublimen.imaging.levels import from_bytes
from sublimen.metrics import flip
from sublimen.metrics.flip import Side, difference


@pytest.mark.parametrize("pixels_per_degree", [20.0, 37.84, 67.0])
@pytest.mark.parametrize(
    "pair", ["sign1", "sign8", "sign8B", "low4", "jpeg50_420", "pixel40", "patch64_sign6"]
)
def test_the_map_is_that_of_the_evaluator(astronaut, pair, pixels_per_degree):
    part = np.ascontiguousarray(astronaut[50:210, 120:301])
    changed = distorted(part, pair)
    inputs = [(levels / 255).astype(np.float32) for levels in (part, changed)]
    expected, mean, _ = flip_evaluator.evaluate(
        *inputs, "LDR", applyMagma=False, parameters={"ppd": pixels_per_degree}
    )

    side = Side.of(from_bytes(part), pixels_per_degree)
    found = difference(side, from_bytes(changed))[0, 0].numpy()

    np.testing.assert_allclose(found, expected[..., 0], atol=2e-4)
    value = flip(from_bytes(part), from_bytes(changed), pixels_per_degree=pixels_per_degree)
    assert value.item() == pytest.approx(mean, abs=1e-5)


def test_fields_of_green_and_blue_are_as_far_apart_as_can_be():
    green, blue = torch.eye(3)[1:].view(2, 1, 3, 1, 1).expand(-1, -1, -1, 32, 32)

    assert flip(green, blue).item() == pytest.approx(1, abs=1e-4)


def test_a_degree_must_have_pixels():
    black = torch.zeros(1, 3, 32, 32)

    with pytest.raises(SettingError, match="pixels_per_degree must be at least 1, got 0"):
        flip(black, black, pixels_per_degree=0)
