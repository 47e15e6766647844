import pytest
import torch

from sublimen.attacks.slopes import check_differentiable, descend, slopes_at
from sublimen.errors import ModelError


def test_each_image_has_the_slope_of_its_own_loss():
    images = torch.tensor([1.0, 2.0, 3.0]).view(3, 1, 1, 1)

    def loss(points, rows):
        return points.flatten(1).sum(dim=1) ** 2 + rows

    slopes = slopes_at(loss, images, torch.tensor([0, 1, 2]))

    assert slopes.flatten().tolist() == [2, 4, 6]
    assert not images.requires_grad


def test_images_that_are_left_out_have_no_slope():
    images = torch.tensor([1.0, 2.0]).view(2, 1, 1, 1).requires_grad_()

    def slopes(*down):
        loss = images.flatten(1).sum(dim=1) ** 2
        return descend(loss, images, torch.tensor(down)).flatten().tolist()

    assert slopes(False, True) == [0, 4]
    assert slopes(False, False) == [0, 0]


def test_a_loss_without_a_graph_is_refused():
    with pytest.raises(ModelError, match="without a gradient"):
        check_differentiable(torch.zeros(2))
