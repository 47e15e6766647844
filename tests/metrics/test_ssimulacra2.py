import json

import numpy as np
import pytest
import skimage.data
import torch
from pairs import distorted
from PIL import Image
from ssimulacra2 import compute_ssimulacra2

from sublimen.imaging.levels import from_bytes
from sublimen.metrics import ssimulacra2
from sublimen.metrics.ssimulacra2 import WEIGHTS, Side, score, xyb


def test_the_weights_are_the_108_of_the_program():
    weights = torch.tensor(list(WEIGHTS.values()))

    assert weights.shape == (3, 3, 2, 6)
    assert (weights > 0).sum() == 52
    assert weights.max().item() == pytest.approx(225.20515)
    assert weights.sum().item() == pytest.approx(888.315, abs=0.001)


def test_xyb_of_primaries_lies_in_the_published_range():
    primaries = torch.eye(3).view(3, 3, 1, 1)
    corners = torch.cat([primaries, 1 - primaries, torch.zeros(1, 3, 1, 1), torch.ones(1, 3, 1, 1)])

    x, y, b = xyb(corners).flatten(1).unbind(dim=1)

    # The program's own comment on the range of sRGB.
    assert (x.min().item(), x.max().item()) == pytest.approx((0.204594, 0.813402), abs=2e-5)
    assert (y.min().item(), y.max().item()) == pytest.approx((0.01, 0.855308), abs=2e-5)
    assert (b.min().item(), b.max().item()) == pytest.approx((0.272295, 0.938012), abs=2e-5)


@pytest.mark.parametrize("image", ["astronaut", "chelsea"])
def test_scores_are_those_of_the_reference_program(reference, image):
    rows = json.loads((reference / "visibility" / "scores.json").read_text("utf-8"))["rows"]
    levels = getattr(skimage.data, image)()

    wrong = {}
    for row in rows:
        if row["image"] == image:
            changed = distorted(levels, row["pair"])
            found = ssimulacra2(from_bytes(levels), from_bytes(changed)).item()
            if abs(found - row["ssimulacra2"]) > 0.1:
                wrong[row["pair"]] = found, row["ssimulacra2"]

    assert not wrong


@pytest.mark.parametrize("pair", ["sign2", "sign4", "sign8B", "jpeg75_420"])
def test_without_its_rounding_it_is_a_port_in_exact_arithmetic(astronaut, tmp_path, pair):
    # The port mirrors the picture at the sides, where the program has zeros.
    changed = distorted(astronaut, pair)
    for name, levels in (("a", astronaut), ("b", changed)):
        Image.fromarray(levels).save(tmp_path / f"{name}.png")

    found = score(Side.of(from_bytes(astronaut)), from_bytes(changed)).item()

    expected = compute_ssimulacra2(str(tmp_path / "a.png"), str(tmp_path / "b.png"))
    assert found == pytest.approx(expected, abs=0.6)


def test_a_small_window_reads_as_the_same_window_padded_by_its_mirror_image(pair):
    reference, distorted = (images[..., :140, :140] for images in pair)

    small = ssimulacra2(reference, distorted).item()

    padded = (
        torch.cat([torch.cat([i, i.flip(3)], dim=3), torch.cat([i, i.flip(3)], dim=3).flip(2)], 2)
        for i in (reference, distorted)
    )
    assert small == pytest.approx(ssimulacra2(*padded).item(), abs=1.5)


@pytest.mark.parametrize("side", [8, 15, 40, 100])
def test_missing_scales_leave_the_weights_in_their_places(side, generator):
    # With the program's slip of the weights a change of two levels scores below 70 here.
    reference = torch.rand(1, 3, side, side, generator=generator) * 0.2 + 0.4
    signs = torch.rand(reference.shape, generator=generator).round() * 2 - 1

    assert ssimulacra2(reference, reference + 2 / 255 * signs).item() > 80


def test_scores_do_not_depend_on_company(pair):
    reference, distorted = (images[..., :64, :64].float() for images in pair)
    batch = torch.cat([reference, distorted])

    values = ssimulacra2(batch, torch.cat([distorted, reference]))

    assert values[0].item() == ssimulacra2(reference, distorted).item()


def test_a_step_along_the_gradient_raises_the_score(pair):
    reference, distorted = (images.float() for images in pair)
    leaf = distorted.clone().requires_grad_()
    before = ssimulacra2(reference, leaf)
    (gradient,) = torch.autograd.grad(before.sum(), leaf)

    after = ssimulacra2(reference, (distorted + 0.002 * gradient.sign()).clamp(0, 1))

    assert after.item() > before.item() + 0.2
    assert np.isfinite(after.item())
