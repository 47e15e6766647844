import pytest
import torch
from oracles import TwoSidedPlane

from sublimen.attacks import JndMga, Recognition, Untargeted
from sublimen.attacks.jnd_mga import total_variation
from sublimen.errors import SettingError


def test_the_total_variation_is_the_sum_of_the_steps_between_neighbours():
    images = torch.tensor([[0.0, 0.5], [0.25, 1.0]]).view(1, 1, 2, 2)

    assert total_variation(images).tolist() == [0.5 + 0.75 + 0.25 + 0.5]


def test_the_cost_is_the_change_the_variation_and_what_lies_outside():
    images = torch.full((1, 1, 1, 2), 0.5)
    candidates = torch.tensor([1.5, 0.5]).view(1, 1, 1, 2)
    attack = JndMga(magnitude=2.0, variation=3.0, bounds=5.0)

    assert attack.penalty(candidates, images).tolist() == pytest.approx([2 * 1 + 3 * 1 + 5 * 0.25])


def test_a_step_moves_the_steepest_sample_by_its_length():
    images = torch.full((1, 1, 1, 2), 100 / 255)
    plane = TwoSidedPlane(torch.tensor([4.0, 1.0]).view(1, 1, 2), offset=-9.0)
    shown = []

    def model(candidates):
        shown.append(candidates.detach() * 255)
        return plane(candidates)

    JndMga(magnitude=0, variation=0, bounds=0, steps=2, step_size=2 / 255)(
        Recognition(model, Untargeted(torch.tensor([0]))), images
    )

    assert shown[1].flatten().tolist() == pytest.approx([98.0, 99.5], abs=1e-3)


def test_it_ends_at_the_first_image_that_the_machine_misreads():
    images = torch.full((1, 1, 1, 1), 100 / 255)
    plane = TwoSidedPlane(torch.ones(1, 1, 1), offset=94.5 / 255)

    outcome = JndMga(step_size=1 / 255)(Recognition(plane, Untargeted(torch.tensor([0]))), images)

    assert (outcome.images * 255).round().item() == 94
    assert outcome.gradients.tolist() == [6]


@pytest.mark.parametrize("settings", [{"steps": 0}, {"step_size": 0.0}, {"variation": -1.0}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} must be"):
        JndMga(**settings)
