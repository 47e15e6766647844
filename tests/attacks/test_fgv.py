import pytest
import torch
from oracles import TwoSidedPlane, lattice

from sublimen.attacks import Fgv, Recognition, Untargeted
from sublimen.errors import SettingError

WEIGHTS = torch.tensor([4.0, 2.0, 1.0]).view(1, 1, 3)


def problem(*missing):
    """Images of grey that are so many levels of their weighted sum away from the border."""
    images = torch.full((len(missing), 1, 1, 3), 100 / 255)
    plane = TwoSidedPlane(WEIGHTS, offset=700 / 255 - torch.tensor(missing) / 255)
    labels = torch.zeros(len(missing), dtype=torch.int64)
    return images, Recognition(plane, Untargeted(labels))


@pytest.mark.parametrize(
    ("missing", "moved"),
    [
        (8.5, (2, 1, 0)),  # steps of 1.5 to 2.5 times (1, 1/2, 1/4); up to 1.5 it is (1, 1, 0)
        (18.5, (4, 2, 1)),  # of 3.5 to 4.5
        (28.5, (6, 3, 1)),  # of 5.5 to 6; up to 5.5 it is (5, 3, 1), worth 27
    ],
)
def test_on_a_plane_it_goes_along_the_slopes_as_far_as_it_must(missing, moved):
    images, away = problem(missing)

    outcome = Fgv()(away, images)

    assert outcome.reached.all()
    assert (100 - outcome.images * 255).flatten().round().tolist() == list(moved)
    assert outcome.gradients.tolist() == [1]


def test_without_rounding_to_speak_of_it_is_the_closed_form():
    # s = excess / sum (w^2 / max w): the step to the plane along its own normal.
    weights = torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(0))
    images = torch.full((1, 3, 8, 8), 128 / 255)
    plane = TwoSidedPlane(weights)
    plane.offset = plane.side(images).item() - 3.0
    expected = 3.0 / weights.square().sum() * weights

    outcome = Fgv()(Recognition(plane, Untargeted(torch.tensor([0]))), images)

    change = images - outcome.images
    assert outcome.reached.all()
    torch.testing.assert_close(change, expected[None], atol=0.75 / 255, rtol=0)
    assert outcome.distance.item() == pytest.approx(3.0 / weights.norm().item(), rel=0.02)


def test_each_image_has_a_step_of_its_own():
    images = torch.cat([lattice(1, 1, 4, 4, seed=seed) for seed in range(3)])
    plane = TwoSidedPlane(torch.randn(1, 4, 4, generator=torch.Generator().manual_seed(1)))
    plane.offset = plane.side(images) - torch.tensor([0.05, 0.2, 0.5])
    borders = plane.offset
    labels = torch.zeros(1, dtype=torch.int64)

    def alone(row):
        own = TwoSidedPlane(plane.weights, borders[row : row + 1])
        return Fgv()(Recognition(own, Untargeted(labels)), images[row : row + 1])

    lengths = [alone(row).distance.item() for row in range(3)]

    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[1] < lengths[2]


def test_what_the_whole_range_does_not_reach_stays_as_it_was():
    images, away = problem(900.0)

    outcome = Fgv()(away, images)

    assert not outcome.reached.any()
    assert torch.equal(outcome.images, images)
    assert outcome.forwards.item() == 9  # 1, 2, ..., 128 levels and all 255


def test_a_setting_out_of_range_is_refused():
    with pytest.raises(SettingError, match="searches must be at least 1"):
        Fgv(searches=0)
