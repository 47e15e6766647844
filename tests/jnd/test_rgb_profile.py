import pytest
import torch

from sublimen.errors import SettingError
from sublimen.jnd import ChouLi, HvsSd, RgbProfile, Wu2017
from tests.jnd.planes import as_images


def test_each_channel_has_its_gain_times_the_map_of_luma(portrait):
    images = as_images(portrait)

    found = RgbProfile(channel_gains=(2.0, 0.5, 3.0))(images)

    plane = Wu2017()(images)[:, :1]
    assert torch.allclose(found, torch.cat([2 * plane, plane / 2, 3 * plane], dim=1))


def test_by_default_green_has_the_least_and_blue_the_most(portrait):
    red, green, blue = RgbProfile()(as_images(portrait))[0]

    assert torch.allclose(red, green * 5 / 3)
    assert torch.allclose(blue, 5 * green)


def test_grey_keeps_the_map_of_luma(camera):
    images = as_images(camera)

    assert torch.equal(RgbProfile()(images), Wu2017()(images))


def test_padding_and_edges_reach_the_model_of_luma(portrait):
    images = as_images(portrait)
    everywhere = torch.ones(1, 1, *portrait.shape[:2], dtype=torch.bool)
    zeros = RgbProfile(padding="zeros", model=ChouLi())

    assert torch.equal(zeros(images)[:, 1:2], ChouLi(padding="zeros")(images)[:, :1])
    assert torch.equal(
        RgbProfile()(images, edges=everywhere)[:, 1:2],
        Wu2017()(images, edges=everywhere)[:, :1],
    )


@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize("gains", [(1.0, 0.0, 1.0), (1.0, -2.0, 1.0), (1.0, 1.0, float("inf"))])
def test_gains_that_allow_nothing_or_everything_are_refused(gains):
    with pytest.raises(SettingError, match="channel_gains must be above 0"):
        RgbProfile(channel_gains=gains)


def test_a_model_that_sees_the_whole_at_once_is_refused():
    with pytest.raises(SettingError, match="must be one that can be computed in tiles, got hvs-sd"):
        RgbProfile(model=HvsSd())
