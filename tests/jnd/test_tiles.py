import pytest
import torch

from sublimen.errors import ImageError
from sublimen.jnd import JND_MODELS, in_tiles, tiles
from tests.jnd.forms import every_form
from tests.jnd.planes import as_images


@pytest.mark.parametrize("padding", ["reflect", "zeros"])
@pytest.mark.parametrize("rows", [17, 40, 143, 144, 500])
@every_form
def test_strips_give_the_very_map_of_the_whole(camera, monkeypatch, model, rows, padding):
    monkeypatch.setattr(tiles, "ROWS", rows)
    images = as_images(camera, torch.float32)
    model = model(padding=padding)

    assert torch.equal(in_tiles(model, images), model(images))


@every_form
def test_strips_of_colour_photos_and_batches_give_the_very_map_of_the_whole(
    portrait, monkeypatch, model
):
    monkeypatch.setattr(tiles, "ROWS", 32)
    images = torch.cat([as_images(portrait), as_images(portrait).flip(2)])

    assert torch.equal(in_tiles(model(), images), model()(images))


@pytest.mark.parametrize("height", [32, 33, 47])
@every_form
def test_a_last_strip_that_is_too_low_borrows_rows(camera, monkeypatch, model, height):
    monkeypatch.setattr(tiles, "ROWS", 32)
    images = as_images(camera[:height])

    assert torch.equal(in_tiles(model(), images), model()(images))


@pytest.mark.parametrize("name", ["yang", "wu-2017"])
def test_given_edges_are_cut_into_strips_too(camera, monkeypatch, name):
    monkeypatch.setattr(tiles, "ROWS", 32)
    images, model = as_images(camera), JND_MODELS[name]()
    edges = torch.zeros(1, 1, *camera.shape, dtype=torch.bool)
    edges[..., 20:90, 60:] = True

    strips = in_tiles(model, images, edges=edges)

    assert torch.equal(strips, model(images, edges=edges))
    assert not torch.equal(strips, model(images))


@pytest.mark.usefixtures("as_users_run_it")
@every_form
def test_what_is_no_picture_is_refused(model):
    with pytest.raises(ImageError, match="16 x 16"):
        in_tiles(model(), torch.zeros(1, 1, 8, 300))
    with pytest.raises(ImageError, match="batch x channel"):
        in_tiles(model(), torch.zeros(64, 64))


@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize("name", ["yang", "wu-2017"])
def test_edges_of_another_height_are_refused_before_they_are_cut(name):
    images = torch.zeros(1, 1, 300, 20)
    edges = torch.zeros(1, 1, 310, 20, dtype=torch.bool)

    with pytest.raises(ImageError, match="edges"):
        in_tiles(JND_MODELS[name](), images, edges=edges)
